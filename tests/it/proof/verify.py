"""Checks a C2SP tlog-proof of this log with nothing of the hub: only the standard library and RFC 8032 by hand.

usage: verify.py LOG.pub ENTRY PROOF   (files; exit 0 when the entry is in the log)
"""
import base64
import hashlib
import sys

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    g, h = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, point):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, point)
        point, n = add(point, point), n >> 1
    return total


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert (x * x - square) % P == 0 and y < P, "no point on the curve"
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519(public, message, signature):
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % Q
    left, right = times(s, BASE), add(point(r), times(h, point(public)))
    same = lambda i: (left[i] * right[2] - right[i] * left[2]) % P == 0
    return same(0) and same(1)


def checkpoint(note, vkey):
    name, key_id, key = vkey.split("+", 2)
    key = base64.b64decode(key)
    assert key[0] == 1, "not an Ed25519 key"
    assert hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() == key_id, "the key id is wrong"
    text, signatures = note.rsplit("\n\n", 1)
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, data = line.split(" ")
        data = base64.b64decode(data)
        if signer == name and data[:4].hex() == key_id:
            assert ed25519(key[1:], text.encode(), data[4:]), "the signature is false"
            origin, size, root = text.splitlines()[:3]
            assert origin == name, "another log"
            return int(size), base64.b64decode(root)
    raise AssertionError("not signed by this key")


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaf, index, size, path):
    """Recursive form of RFC 6962, section 2.1.1: which side the last hash of the path stands on."""
    if size == 1:
        assert not path, "the path is too long"
        return leaf
    assert path, "the path is too short"
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return node(root_of(leaf, index, half, path[:-1]), path[-1])
    return node(path[-1], root_of(leaf, index - half, size - half, path[:-1]))


vkey, entry, proof = (open(name, "rb").read() for name in sys.argv[1:4])
head, note = proof.decode().split("\n\n", 1)
lines = head.split("\n")
assert lines[0] == "c2sp.org/tlog-proof@v1", "not a proof"
index = int(next(line for line in lines if line.startswith("index "))[6:])
path = [base64.b64decode(line) for line in lines[1:] if " " not in line]
size, root = checkpoint(note, vkey.decode().split()[0])
assert 0 <= index < size, "outside the log"
leaf = hashlib.sha256(b"\x00" + entry).digest()
assert root_of(leaf, index, size, path) == root, "the entry is not in the log"
print(f"entry {index} is in the log of {size}")
