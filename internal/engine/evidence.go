package engine

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"qunying/community"
	"qunying/internal/moderation/casebook"
)

// Shown is what an evidence bundle proves.
type Shown struct {
	Entry  casebook.Entry `json:"entry"`
	Erased bool           `json:"erased"` // its personal part is gone
	Origin string         `json:"origin"`
	Size   int64          `json:"size"` // entries of the log that the checkpoint signs
	At     int64          `json:"at"`   // when it was signed, ms
	Key    string         `json:"key"`  // by which it is signed: to be compared with the one that was kept elsewhere
}

// mostEvidence bounds each file of a bundle, in bytes.
const mostEvidence = 1 << 20

// CheckEvidence holds an evidence bundle against itself: the entry's personal part
// against its digest, the entry against the checkpoint, that against the key. key is
// the public key that was kept elsewhere; without one the bundle's own is believed.
// Errors are Invalid and say what does not hold.
func CheckEvidence(bundle []byte, key string) (s Shown, err error) {
	pack, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		return s, &community.Error{Code: community.Invalid, Text: "this is no evidence bundle", Err: err}
	}
	read := func(name string) ([]byte, error) {
		f, err := pack.Open(name)
		if err != nil {
			return nil, &community.Error{Code: community.Invalid, Text: "the bundle has no " + name, Err: err}
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, mostEvidence))
		if err != nil {
			err = &community.Error{Code: community.Invalid, Text: name + " is damaged", Err: err}
		}
		return text, err
	}
	var body casebook.Body
	var proof []tlog.Hash
	for name, into := range map[string]any{"entry.json": &s.Entry, "personal.json": &body, "proof.json": &proof} {
		text, err := read(name)
		if err != nil {
			return s, err
		}
		if err := json.Unmarshal(text, into); err != nil {
			return s, &community.Error{Code: community.Invalid, Text: name + " is damaged", Err: err}
		}
	}
	own, err := read("key.txt")
	if err != nil {
		return s, err
	}
	s.Key = string(bytes.TrimSpace(own))
	if key != "" && key != s.Key {
		return s, community.Errorf(community.Invalid, "the bundle is signed by another key than the one given")
	}
	signed, err := read("checkpoint.txt")
	if err != nil {
		return s, err
	}
	point, err := casebook.Open(string(signed), s.Key)
	if err != nil {
		return s, err
	}
	s.Origin, s.Size, s.At = point.Origin, point.Tree.N, point.At.UnixMilli()
	if err := casebook.Check(proof, point.Tree, &s.Entry); err != nil {
		return s, err
	}
	s.Erased = len(s.Entry.Digest) > 0 && len(body.Salt) == 0 && body.Text == ""
	if !s.Erased && len(s.Entry.Digest) > 0 && !bytes.Equal(body.Digest(), s.Entry.Digest) {
		return s, community.Errorf(community.Invalid, "personal.json is not what the entry was made with")
	}
	return s, nil
}
