// Follows the log of a hub with the library of Go's checksum database (golang.org/x/mod/sumdb: note, tlog) and nothing of
// the hub: the signatures, every tile up to the root, every entry, that the log only grew since an older checkpoint, and
// proofs.
//
// usage: follow LOG.pub URL|FOLDER OLD-CHECKPOINT [ENTRY PROOF]...
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func insist(holds bool, what string) {
	if !holds {
		must(0, fmt.Errorf("%s", what))
	}
}

// fetch reads a resource of the log, over HTTP or from a copy of its folder.
func fetch(from, path string) ([]byte, error) {
	if !strings.HasPrefix(from, "http://") {
		return os.ReadFile(filepath.Join(from, path))
	}
	answer, err := http.Get(from + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// checkpoint opens a signed note: C2SP's tlog-checkpoint.
func checkpoint(text []byte, vkey string) tlog.Tree {
	verifier := must(note.NewVerifier(vkey))
	opened := must(note.Open(text, note.VerifierList(verifier)))
	lines := strings.Split(opened.Text, "\n")
	insist(len(lines) >= 3 && lines[0] == verifier.Name(), "the checkpoint is of another log")
	return tlog.Tree{
		N:    must(strconv.ParseInt(lines[1], 10, 64)),
		Hash: must(tlog.ParseHash(lines[2])),
	}
}

// served is a log of C2SP's tlog-tiles, whose paths are those of Go's library without the height.
type served string

func (served) Height() int                         { return 8 }
func (served) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func path(tile tlog.Tile) string                   { return "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/") }
func (from served) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range tiles {
		bytes, err := fetch(string(from), path(tile))
		if err != nil {
			return nil, err
		}
		read = append(read, bytes)
	}
	return read, nil
}

// entries checks every entry of the log against the tiles.
func entries(from served, tree tlog.Tree, hashes tlog.HashReader) {
	for first := int64(0); first < tree.N; first += 256 {
		width := min(256, int(tree.N-first))
		tile := tlog.Tile{H: 8, L: 0, N: first / 256, W: width}
		bundle := must(fetch(string(from), strings.Replace(path(tile), "tile/0/", "tile/entries/", 1)))
		for n := first; n < first+int64(width); n++ {
			insist(len(bundle) >= 2, "an entry bundle is too short")
			length := int(binary.BigEndian.Uint16(bundle))
			insist(len(bundle) >= 2+length, "an entry bundle is too short")
			stored := must(hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, n)}))
			insist(tlog.RecordHash(bundle[2:2+length]) == stored[0], fmt.Sprintf("entry %d is another", n))
			bundle = bundle[2+length:]
		}
		insist(len(bundle) == 0, "an entry bundle is too long")
	}
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// proven checks a C2SP tlog-proof.
func proven(vkey string, entry, proof []byte) {
	head, signed, _ := strings.Cut(string(proof), "\n\n")
	tree := checkpoint([]byte(signed), vkey)
	lines := strings.Split(head, "\n")
	insist(lines[0] == "c2sp.org/tlog-proof@v1", "not a proof")
	var path tlog.RecordProof
	index := int64(-1)
	for _, line := range lines[1:] {
		if number := strings.TrimPrefix(line, "index "); number != line {
			index = must(strconv.ParseInt(number, 10, 64))
		} else if !strings.Contains(line, " ") {
			hash := tlog.Hash{}
			insist(copy(hash[:], must(base64.StdEncoding.DecodeString(line))) == tlog.HashSize, "not a hash")
			path = append(path, hash)
		}
	}
	must(0, tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
}

func main() {
	vkey := strings.Fields(string(must(os.ReadFile(os.Args[1]))))[0]
	from := served(os.Args[2])
	tree := checkpoint(must(fetch(string(from), "checkpoint")), vkey)
	hashes := tlog.TileHashReader(tree, from)
	old := checkpoint(must(os.ReadFile(os.Args[3])), vkey)
	must(0, tlog.CheckTree(must(tlog.ProveTree(tree.N, old.N, hashes)), tree.N, tree.Hash, old.N, old.Hash))
	entries(from, tree, hashes)
	for rest := os.Args[4:]; len(rest) >= 2; rest = rest[2:] {
		proven(vkey, must(os.ReadFile(rest[0])), must(os.ReadFile(rest[1])))
	}
	fmt.Printf("%d of %d entries were there before\n", old.N, tree.N)
}
