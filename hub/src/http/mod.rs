//! The hub over HTTP: every route on one screen. Handlers translate; they decide nothing.
//!
//! [`ROUTES`] is the one truth: the router, the access check and the OpenAPI document are made from it.

mod acknowledgements;
mod attachments;
pub mod auth;
mod bench;
mod call;
mod called_file;
mod catalog;
mod changes;
mod check;
mod closes;
mod deals;
mod deliveries;
mod destinations;
mod erased;
mod events;
mod evidence;
mod found;
mod health;
pub mod limits;
mod log;
mod media_type;
mod metrics;
mod moment;
mod multipart;
pub mod openapi;
mod outcomes;
mod paging;
pub mod problem;
mod raw;
mod receipts;
mod reception;
mod records;
mod replays;
mod reports;
mod server;
mod space;
mod standing;
mod state;
mod subjects;
mod submissions;
pub mod trace;
mod uploads;
mod whole;
pub mod witness;
mod writing;

use actix_web::http::Method;
use actix_web::middleware::DefaultHeaders;
use actix_web::{Route, web};

pub use openapi::{Endpoint, Param};
pub use server::{Running, ServeError, run, start};
pub use state::State;

use crate::delivery::orders::Action;
use crate::store::access::Role;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without a key.
    Public,
    /// Sources only.
    Source,
    /// Any key; a source gets only what is its own.
    Member,
    /// Readers: centre, auditor, operator.
    Reader,
    /// The centre only.
    Centre,
    /// Operators only.
    Operator,
    /// A destination, for itself; and readers.
    Subscriber,
    /// Any key: what is for everybody who takes part.
    Anyone,
}

impl Access {
    /// Whether a role is let in.
    pub fn admits(self, role: Role) -> bool {
        match self {
            Public | Anyone => true,
            Member => role != Role::Subscriber,
            Source => role == Role::Source,
            Reader => !matches!(role, Role::Source | Role::Sandbox | Role::Subscriber),
            Centre => role == Role::Centre,
            Operator => role == Role::Operator,
            Subscriber => !matches!(role, Role::Source | Role::Sandbox),
        }
    }
}

use Access::{Anyone, Centre, Member, Operator, Public, Reader, Source, Subscriber};

/// All routes: method, path, who may, parameters, what it does, handler.
#[rustfmt::skip]
pub const ROUTES: &[Endpoint] = &[
    Endpoint { method: "POST", path: "/v1/submissions", access: Source, query: submissions::SUBMIT, what: "Send records; answers with the signed receipt", zh: "报送数据，返回签名回执", handler: || web::post().to(submissions::submit) },
    Endpoint { method: "GET", path: "/v1/submissions", access: Member, query: submissions::LIST, what: "List submissions", zh: "查询报送批次", handler: || web::get().to(submissions::list) },
    Endpoint { method: "POST", path: "/v1/receiveInfo", access: Source, query: &[], what: "The receiveInfo call: one record as XML in a form; answers in the form of the call", zh: "receiveInfo 方式报送单条记录，按该接口的格式应答", handler: || web::post().to(call::receive_info) },
    Endpoint { method: "POST", path: "/v1/receiveAttachment", access: Source, query: &[], what: "The attachment call beside receiveInfo: one file in base64 in a form; answers in the form of the call", zh: "receiveInfo 配套的附件接口，表单内 base64 附件，按该接口的格式应答", handler: || web::post().to(called_file::receive) },
    Endpoint { method: "GET", path: "/v1/submissions/{id}", access: Member, query: &[], what: "One submission, and what became of its records since its receipt", zh: "查询单个批次及其记录的后续变化", handler: || web::get().to(submissions::one) },
    Endpoint { method: "GET", path: "/v1/submissions/{id}/issues", access: Member, query: outcomes::ISSUES, what: "Its findings, as JSON, CSV or Excel", zh: "下载校验问题清单", handler: || web::get().to(outcomes::issues) },
    Endpoint { method: "GET", path: "/v1/submissions/{id}/outcomes", access: Member, query: outcomes::OUTCOMES, what: "Its outcomes, 1,024 records a part", zh: "分段查询每条记录的判定", handler: || web::get().to(outcomes::outcomes) },
    Endpoint { method: "GET", path: "/v1/submissions/{id}/raw", access: Member, query: &[], what: "The bytes as received", zh: "下载原始报文", handler: || web::get().to(raw::one) },
    Endpoint { method: "OPTIONS", path: "/v1/uploads", access: Public, query: &[], what: "What resumable upload can do here (tus 1.0.0)", zh: "断点续传能力", handler: || web::method(Method::OPTIONS).to(uploads::options) },
    Endpoint { method: "POST", path: "/v1/uploads", access: Source, query: &[], what: "Begin a resumable upload (tus 1.0.0)", zh: "创建断点续传", handler: || web::post().to(uploads::create) },
    Endpoint { method: "GET", path: "/v1/uploads/{id}", access: Source, query: &[], what: "How far an upload has come: receiving, whole, receipted (with the number of the receipt) or refused", zh: "查询上传状态与回执号", handler: || web::get().to(uploads::show) },
    Endpoint { method: "HEAD", path: "/v1/uploads/{id}", access: Source, query: &[], what: "How many bytes of an upload are kept (tus 1.0.0)", zh: "查询续传位置", handler: || web::head().to(uploads::offset) },
    Endpoint { method: "PATCH", path: "/v1/uploads/{id}", access: Source, query: &[], what: "Add bytes to an upload (tus 1.0.0)", zh: "续传数据", handler: || web::patch().to(uploads::add) },
    Endpoint { method: "DELETE", path: "/v1/uploads/{id}", access: Source, query: &[], what: "End an upload before its time (tus 1.0.0)", zh: "终止上传", handler: || web::delete().to(uploads::remove) },
    Endpoint { method: "POST", path: "/v1/uploads/{id}", access: Source, query: &[], what: "The method that X-HTTP-Method-Override names (tus 1.0.0)", zh: "以 X-HTTP-Method-Override 指定方法", handler: || web::post().to(uploads::overridden) },
    Endpoint { method: "POST", path: "/v1/check", access: Source, query: check::QUERY, what: "Judge records, keep nothing", zh: "仅校验，不入库", handler: || web::post().to(check::check) },
    Endpoint { method: "GET", path: "/v1/attachments", access: Member, query: attachments::LIST, what: "Files under a code, with their signed receipts", zh: "查询附件", handler: || web::get().to(attachments::list) },
    Endpoint { method: "PUT", path: "/v1/attachments/{slot}", access: Source, query: attachments::SEND, what: "Send a file that belongs to a record; answers with its signed receipt", zh: "上传附件，返回签名回执", handler: || web::put().to(attachments::send) },
    Endpoint { method: "GET", path: "/v1/attachments/{slot}", access: Member, query: attachments::GET, what: "The bytes of a file, as a download", zh: "下载附件", handler: || web::get().to(attachments::get) },
    Endpoint { method: "GET", path: "/v1/receipts/{id}", access: Member, query: receipts::QUERY, what: "The signed receipt", zh: "查询回执", handler: || web::get().to(receipts::one) },
    Endpoint { method: "GET", path: "/v1/receipts/{id}/proof", access: Member, query: receipts::PROOF, what: "Proof of its place in the log (C2SP tlog-proof)", zh: "查询存证证明", handler: || web::get().to(receipts::proof) },
    Endpoint { method: "GET", path: "/v1/receipts/{id}/records/{index}/proof", access: Member, query: &[], what: "What became of one record, proven without the others", zh: "查询单条记录的存证证明", handler: || web::get().to(receipts::record) },
    Endpoint { method: "GET", path: "/v1/records/{dataset}/{key}", access: Member, query: records::QUERY, what: "The current version of a record, what was known of it then (at), what held then (valid)", zh: "查询记录", handler: || web::get().to(records::current) },
    Endpoint { method: "GET", path: "/v1/records/{dataset}/{key}/versions", access: Member, query: &[], what: "All versions of a record, newest first", zh: "查询记录历史版本", handler: || web::get().to(records::versions) },
    Endpoint { method: "POST", path: "/v1/records/{dataset}/{key}/erasure", access: Centre, query: erased::QUERY, what: "Erase the personal data of a record, all versions and the raw bytes that brought them; proofs stay", zh: "依法删除记录的个人信息（保留存证）", handler: || web::post().to(erased::erase) },
    Endpoint { method: "GET", path: "/v1/deals/{code}", access: Member, query: moment::QUERY, what: "Current records, or those of an instant, that name a unified deal code, and what they lack together", zh: "按统一交易标识码查询", handler: || web::get().to(deals::one) },
    Endpoint { method: "GET", path: "/v1/subjects/{uscc}", access: Member, query: moment::QUERY, what: "Current records, or those of an instant, about a subject of trading", zh: "按统一社会信用代码查询主体", handler: || web::get().to(subjects::one) },
    Endpoint { method: "GET", path: "/v1/subjects/{uscc}/standing", access: Anyone, query: &[], what: "The current standing of a subject, with its evidence", zh: "查询主体当前信用状态及依据", handler: || web::get().to(standing::one) },
    Endpoint { method: "GET", path: "/v1/reports/{name}", access: Member, query: reports::QUERY, what: "A report, as JSON, CSV or Excel", zh: "统计报表", handler: || web::get().to(reports::one) },
    Endpoint { method: "GET", path: "/v1/closes/{date}", access: Member, query: closes::ONE, what: "The signed books of a day: what was received, what became of it, how many records and the digest over them", zh: "查询日清对账单", handler: || web::get().to(closes::one) },
    Endpoint { method: "POST", path: "/v1/closes/{date}", access: Source, query: closes::SAY, what: "A source says what it sent that day: a signed manifest, count and root, nodes that were asked for, or a whole list; answers with the records that differ", zh: "提交来源对账清单，返回差异记录", handler: || web::post().to(closes::post) },
    Endpoint { method: "GET", path: "/v1/closes/{date}/nodes", access: Member, query: closes::NODES, what: "What is beneath a prefix of the records of a close", zh: "逐级查询对账记录", handler: || web::get().to(closes::nodes) },
    Endpoint { method: "GET", path: "/v1/evidence/submissions/{id}", access: Reader, query: evidence::QUERY, what: "An evidence bundle (ZIP) about a submission", zh: "下载批次证据包", handler: || web::get().to(evidence::submission) },
    Endpoint { method: "GET", path: "/v1/evidence/records/{dataset}/{key}", access: Reader, query: evidence::QUERY, what: "An evidence bundle (ZIP) about a record with all its versions", zh: "下载记录证据包", handler: || web::get().to(evidence::record) },
    Endpoint { method: "GET", path: "/v1/evidence/deals/{code}", access: Reader, query: evidence::QUERY, what: "An evidence bundle (ZIP) about everything under a unified deal code", zh: "下载交易证据包", handler: || web::get().to(evidence::deal) },
    Endpoint { method: "GET", path: "/v1/deliveries", access: Reader, query: deliveries::LIST, what: "What is owed to destinations", zh: "查询转发队列", handler: || web::get().to(deliveries::list) },
    Endpoint { method: "POST", path: "/v1/deliveries/replay", access: Operator, query: replays::ORDER, what: "Send records again, chosen by a filter; counts only unless confirmed", zh: "重新转发（默认试算）", handler: || web::post().to(replays::order) },
    Endpoint { method: "GET", path: "/v1/deliveries/replays", access: Reader, query: &[], what: "Replays, the newest first", zh: "查询重新转发任务", handler: || web::get().to(replays::list) },
    Endpoint { method: "POST", path: "/v1/deliveries/replays/{id}/stop", access: Operator, query: destinations::REASON, what: "Stop a replay", zh: "停止重新转发任务", handler: || web::post().to(replays::stop) },
    Endpoint { method: "GET", path: "/v1/destinations", access: Reader, query: &[], what: "Destinations: what they are owed, how far it came, who stopped them", zh: "查询目的地", handler: || web::get().to(destinations::list) },
    Endpoint { method: "POST", path: "/v1/destinations/{name}/stop", access: Operator, query: destinations::REASON, what: "Send a destination nothing until it is started again", zh: "停止向目的地转发", handler: || destinations::order(Action::Stop) },
    Endpoint { method: "POST", path: "/v1/destinations/{name}/start", access: Operator, query: destinations::REASON, what: "Start a destination that was stopped", zh: "恢复向目的地转发", handler: || destinations::order(Action::Start) },
    Endpoint { method: "POST", path: "/v1/destinations/{name}/retire", access: Operator, query: destinations::REASON, what: "Owe a destination nothing more", zh: "注销目的地", handler: || destinations::order(Action::Retire) },
    Endpoint { method: "POST", path: "/v1/destinations/{name}/answers", access: Subscriber, query: &[], what: "A destination says what became of a batch, instead of being asked", zh: "目的地回送业务回执", handler: || web::post().to(destinations::answer) },
    Endpoint { method: "POST", path: "/v1/destinations/{name}/acknowledgements", access: Public, query: &[], what: "A national platform says what became of a packet, under its signature (headers Platform-Key, Platform-Signature)", zh: "国家平台推送业务回执（以签名验证身份）", handler: || web::post().to(acknowledgements::take) },
    Endpoint { method: "GET", path: "/v1/events", access: Subscriber, query: events::QUERY, what: "What a destination was or is to be told, from a number on", zh: "按编号补取事件", handler: || web::get().to(events::list) },
    Endpoint { method: "GET", path: "/v1/catalog", access: Public, query: &[], what: "Editions of the specification", zh: "规范版本目录", handler: || web::get().to(catalog::editions) },
    Endpoint { method: "GET", path: "/v1/catalog/{edition}/datasets", access: Public, query: &[], what: "Data sets of an edition", zh: "数据集目录", handler: || web::get().to(catalog::datasets) },
    Endpoint { method: "GET", path: "/v1/catalog/{edition}/datasets/{dataset}", access: Public, query: &[], what: "Fields and rules of a data set", zh: "数据集定义", handler: || web::get().to(catalog::dataset) },
    Endpoint { method: "GET", path: "/v1/catalog/{edition}/codes", access: Public, query: &[], what: "Code tables of an edition", zh: "代码集目录", handler: || web::get().to(catalog::tables) },
    Endpoint { method: "GET", path: "/v1/catalog/{edition}/codes/{table}", access: Public, query: &[], what: "Values of a code table", zh: "代码集", handler: || web::get().to(catalog::table) },
    Endpoint { method: "GET", path: "/v1/catalog/{edition}/rules", access: Public, query: &[], what: "Rules of an edition", zh: "校验规则", handler: || web::get().to(catalog::rules) },
    Endpoint { method: "GET", path: "/v1/catalog/{edition}/schemas/{dataset}", access: Public, query: &[], what: "JSON Schema of a data set", zh: "JSON Schema", handler: || web::get().to(catalog::schema) },
    Endpoint { method: "GET", path: "/v1/catalog/{edition}/files", access: Public, query: &[], what: "What is published of an edition: JSON and XML Schemas, dictionary, change list", zh: "规范发布文件目录（JSON Schema、XSD、数据字典）", handler: || web::get().to(catalog::files) },
    Endpoint { method: "GET", path: "/v1/catalog/{edition}/files/{path:.*}", access: Public, query: &[], what: "A published file; what an XML Schema includes is found beside it", zh: "下载规范发布文件", handler: || web::get().to(catalog::file) },
    Endpoint { method: "GET", path: "/v1/log/key", access: Public, query: &[], what: "The log's public key (C2SP vkey)", zh: "日志公钥", handler: || web::get().to(log::key) },
    Endpoint { method: "GET", path: "/checkpoint", access: Public, query: &[], what: "The signed checkpoint (C2SP tlog-checkpoint)", zh: "日志检查点", handler: || web::get().to(log::checkpoint) },
    Endpoint { method: "GET", path: "/tile/{path:.*}", access: Public, query: &[], what: "Tiles and entry bundles (C2SP tlog-tiles)", zh: "日志分块", handler: || web::get().to(log::tile) },
    Endpoint { method: "GET", path: "/healthz", access: Public, query: &[], what: "The process works", zh: "存活检查", handler: || web::get().to(health::live) },
    Endpoint { method: "GET", path: "/readyz", access: Public, query: &[], what: "Submissions can be kept", zh: "就绪检查", handler: || web::get().to(health::ready) },
    Endpoint { method: "GET", path: "/metrics", access: Public, query: &[], what: "Figures in the Prometheus text format", zh: "监控指标", handler: || web::get().to(metrics::show) },
    Endpoint { method: "GET", path: "/openapi.json", access: Public, query: &[], what: "This description", zh: "接口说明", handler: || web::get().to(openapi::show) },
];

/// Who may use a route, by its method and path; none when there is no such route.
pub fn access_of(method: &str, path: &str) -> Option<Access> {
    // A HEAD is a GET without its body.
    let method = if method == "HEAD" { "GET" } else { method };
    ROUTES
        .iter()
        .find(|route| route.path == path && route.method == method)
        .map(|route| route.access)
}

/// Registers every route, and answers what is none with a problem.
fn configure(config: &mut web::ServiceConfig) {
    let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    paths.dedup();
    for path in paths {
        let mut resource = web::resource(path);
        for route in ROUTES.iter().filter(|route| route.path == path) {
            resource = resource.route((route.handler)());
        }
        let resource = resource.default_service(web::to(server::wrong_method));
        if path.starts_with("/v1/uploads") {
            // Every answer of the protocol names its version, refusals too.
            let version = DefaultHeaders::new().add(("Tus-Resumable", problem::TUS));
            config.service(resource.wrap(version));
        } else {
            config.service(resource);
        }
    }
    config.default_service(web::to(server::not_found));
}

/// The yardstick of the benches: never part of the public surface.
fn bench_routes(config: &mut web::ServiceConfig) {
    let route: Route = web::post().to(bench::hash);
    config.service(web::resource("/bench/hash").route(route));
}

#[cfg(test)]
mod tests;
