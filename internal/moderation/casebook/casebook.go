// Package casebook is the case log (处置记录): entries that cannot be changed or
// taken out afterwards without its showing. Entries are the leaves of a Merkle
// tree (RFC 6962, golang.org/x/mod/sumdb/tlog); the tree's head is signed as a
// checkpoint that can be kept elsewhere (golang.org/x/mod/sumdb/note).
//
// What is personal in an entry is not in the tree, only its salted hash is: with
// salt and text gone, the tree stays valid and tells nothing of what was there.
package casebook

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"qunying/community"
)

// Entry is one line of the case log.
type Entry struct {
	ID       int64                `json:"id"`   // from 0, without holes
	Kind     string               `json:"kind"` // verdict, ruling, appeal, list, pardon, mediation
	Ref      int64                `json:"ref"`  // number of the verdict, ruling, card or line
	Identity community.IdentityID `json:"identity"`
	At       time.Time            `json:"at"`
	Envelope string               `json:"envelope"` // JSON, nothing personal
	Digest   []byte               `json:"digest"`   // of the personal part; empty: there is none
}

// Body is the personal part of an entry.
type Body struct {
	Salt []byte `json:"salt"`
	Text string `json:"text"` // JSON
}

// SaltSize is the length of a salt, in bytes.
const SaltSize = 16

// Digest is what an entry keeps of its personal part.
func (b Body) Digest() []byte {
	sum := sha256.Sum256(append(bytes.Clone(b.Salt), b.Text...))
	return sum[:]
}

// Data are the bytes of the entry in the tree.
func (e *Entry) Data() ([]byte, error) {
	return json.Marshal([]any{e.ID, e.Kind, e.Ref, e.Identity, e.At.UnixMilli(), e.Envelope, e.Digest})
}

// Hash is the leaf of the tree.
func (e *Entry) Hash() (tlog.Hash, error) {
	data, err := e.Data()
	return tlog.RecordHash(data), err
}

// Tree is the head of a tree: how many entries it has, and its hash.
type Tree = tlog.Tree

// Head computes the head of the first n entries from the nodes of the tree.
func Head(n int64, nodes tlog.HashReader) (Tree, error) {
	hash, err := tlog.TreeHash(n, nodes)
	return Tree{N: n, Hash: hash}, err
}

// Nodes are the nodes of the tree that the leaf of entry n adds, in the order in
// which they are numbered.
func Nodes(n int64, leaf tlog.Hash, nodes tlog.HashReader) ([]tlog.Hash, error) {
	return tlog.StoredHashesForRecordHash(n, leaf, nodes)
}

// First is the number of the first node that entry n adds.
func First(n int64) int64 { return tlog.StoredHashIndex(0, n) }

// Memory is a tree in memory, to be grown entry by entry.
type Memory []tlog.Hash

// ReadHashes returns nodes by their numbers.
func (m *Memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(*m)) {
			return nil, community.Errorf(community.Invalid, "the tree has no node %d", at)
		}
		out[i] = (*m)[at]
	}
	return out, nil
}

// Add grows the tree by entry n.
func (m *Memory) Add(n int64, leaf tlog.Hash) error {
	more, err := Nodes(n, leaf, m)
	*m = append(*m, more...)
	return err
}

// Origin is the first line of the checkpoints of a community.
func Origin(slug string) string { return "qunying casebook " + slug }

// Checkpoint is a head at a moment.
type Checkpoint struct {
	Origin string
	Tree   Tree
	At     time.Time
}

// Text is what is signed: origin, size, hash, time.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s\n", c.Origin, c.Tree.N, base64.StdEncoding.EncodeToString(c.Tree.Hash[:]), c.At.UTC().Format(time.RFC3339))
}

// NewKey makes a key for signing: skey is secret, vkey is for whoever verifies.
func NewKey(random interface{ Read([]byte) (int, error) }) (skey, vkey string, err error) {
	return note.GenerateKey(random, "qunying")
}

// Sign signs a checkpoint.
func Sign(c Checkpoint, skey string) (string, error) {
	signer, err := note.NewSigner(skey)
	if err != nil {
		return "", &community.Error{Code: community.Invalid, Text: "the key of the case log is damaged", Err: err}
	}
	signed, err := note.Sign(&note.Note{Text: c.Text()}, signer)
	return string(signed), err
}

// longestNote bounds a checkpoint, in bytes.
const longestNote = 4096

// Open checks the signature of a checkpoint and reads it. Errors are Invalid.
func Open(signed, vkey string) (Checkpoint, error) {
	wrong := func(why string, err error) (Checkpoint, error) {
		return Checkpoint{}, &community.Error{Code: community.Invalid, Text: "the checkpoint " + why, Err: err}
	}
	if len(signed) > longestNote {
		return wrong("is too long", nil)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return wrong("cannot be checked: the public key is damaged", err)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return wrong("is not signed by this installation", err)
	}
	return parse(n.Text)
}

func parse(text string) (Checkpoint, error) {
	var c Checkpoint
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != 4 {
		return c, community.Errorf(community.Invalid, "the checkpoint has not four lines")
	}
	c.Origin = lines[0]
	if _, err := fmt.Sscanf(lines[1], "%d", &c.Tree.N); err != nil || c.Tree.N < 0 || fmt.Sprint(c.Tree.N) != lines[1] {
		return c, community.Errorf(community.Invalid, "the checkpoint tells no size")
	}
	hash, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(hash) != tlog.HashSize {
		return c, community.Errorf(community.Invalid, "the checkpoint tells no hash")
	}
	copy(c.Tree.Hash[:], hash)
	if c.At, err = time.Parse(time.RFC3339, lines[3]); err != nil {
		return c, community.Errorf(community.Invalid, "the checkpoint tells no time")
	}
	return c, nil
}

// Proof shows that entry n is in the tree of a checkpoint.
func Proof(size, n int64, nodes tlog.HashReader) ([]tlog.Hash, error) {
	return tlog.ProveRecord(size, n, nodes)
}

// Check verifies a proof that an entry is in a tree.
func Check(proof []tlog.Hash, tree Tree, e *Entry) error {
	leaf, err := e.Hash()
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, e.ID, leaf); err != nil {
		return &community.Error{Code: community.Invalid, Text: "the proof does not show that the entry is in the case log", Err: err}
	}
	return nil
}
