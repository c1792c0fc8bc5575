package engine

import (
	"archive/zip"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casebook"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// Facts of the installation under which the key of the case log is kept: the
// secret one sealed.
const (
	bookSecret = "casebook/secret"
	bookPublic = "casebook/public"
)

// bookKey is the key with which checkpoints are signed; it is made when it is
// first needed. public is for whoever verifies.
func (e *Engine) bookKey(ctx context.Context) (secret, public string, err error) {
	if e.sealer == nil {
		return "", "", community.Errorf(community.Unsupported, "nothing can be signed without the key file of the installation")
	}
	var sealed string
	read := func(q store.Querier) error {
		if sealed, err = store.Fact(ctx, q, bookSecret); err != nil {
			return err
		}
		public, err = store.Fact(ctx, q, bookPublic)
		return err
	}
	if err := e.db.Read(ctx, read); err != nil {
		return "", "", err
	}
	if sealed == "" {
		made, vkey, err := casebook.NewKey(rand.Reader)
		if err != nil {
			return "", "", err
		}
		if err := e.db.Write(ctx, func(tx *store.Tx) error {
			if err := read(tx); err != nil || sealed != "" { // another process was faster
				return err
			}
			sealed, public = e.sealer.Seal(made, bookSecret), vkey
			if err := tx.SetFact(bookSecret, sealed); err != nil {
				return err
			}
			return tx.SetFact(bookPublic, public)
		}); err != nil {
			return "", "", err
		}
	}
	secret, err = e.sealer.Unseal(sealed, bookSecret)
	return secret, public, err
}

// Checkpoint signs the head of a community's case log as it is now, and keeps it.
func (e *Engine) Checkpoint(ctx context.Context, c community.ID) (signed string, size int64, public string, err error) {
	secret, public, err := e.bookKey(ctx)
	if err != nil {
		return "", 0, "", err
	}
	var of casebook.Checkpoint
	if err := e.db.Read(ctx, func(q store.Querier) error {
		of, err = headOf(ctx, q, c)
		return err
	}); err != nil {
		return "", 0, "", err
	}
	of.At = e.now().UTC().Truncate(time.Second)
	if signed, err = casebook.Sign(of, secret); err != nil {
		return "", 0, "", err
	}
	return signed, of.Tree.N, public, e.db.Write(ctx, func(tx *store.Tx) error { return cases.AddCheckpoint(tx, c, of.Tree.N, of.At, signed) })
}

func headOf(ctx context.Context, q store.Querier, c community.ID) (of casebook.Checkpoint, err error) {
	all, err := store.Communities(ctx, q)
	if err != nil {
		return of, err
	}
	for _, is := range all {
		if is.ID == c {
			of.Origin = casebook.Origin(is.Slug)
		}
	}
	size, err := cases.Size(ctx, q, c)
	if err != nil {
		return of, err
	}
	of.Tree, err = casebook.Head(size, cases.Nodes(ctx, q, c))
	return of, err
}

// Verified is what going through a case log came to.
type Verified struct {
	Community string   `json:"community"`
	Entries   int64    `json:"entries"`
	Erased    int64    `json:"erased"`
	Problems  []string `json:"problems"` // at most 100
}

// OK says that nothing was changed or taken out.
func (v *Verified) OK() bool { return len(v.Problems) == 0 }

func (v *Verified) problem(format string, args ...any) {
	if len(v.Problems) < 100 {
		v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
	}
}

// VerifyBook goes through the whole case log of a community: every entry against
// the tree, every personal part against its entry, every verdict against its
// entry, and the tree against the checkpoints that are kept and those given. It
// needs the database alone.
func VerifyBook(ctx context.Context, db *store.DB, c community.ID, given ...string) (v Verified, err error) {
	v.Problems = []string{}
	err = db.Read(ctx, func(q store.Querier) error {
		public, err := store.Fact(ctx, q, bookPublic)
		if err != nil {
			return err
		}
		kept, err := cases.Checkpoints(ctx, q, c, 1000)
		if err != nil {
			return err
		}
		head, err := headOf(ctx, q, c)
		if err != nil { // a node is missing or damaged
			v.problem("the tree: %s", err)
		}
		v.Community = head.Origin
		var tree casebook.Memory
		if err := verifyEntries(ctx, q, c, &tree, &v); err != nil {
			return err
		}
		stored := cases.Nodes(ctx, q, c)
		for at := range tree {
			is, err := stored.ReadHashes([]int64{int64(at)})
			if err != nil || is[0] != tree[at] {
				v.problem("node %d of the tree was changed or is missing", at)
			}
		}
		for _, signed := range append(kept, given...) {
			verifyCheckpoint(signed, public, head.Origin, &tree, &v)
		}
		return nil
	})
	return v, err
}

// verifyEntries grows the tree anew from the entries.
func verifyEntries(ctx context.Context, q store.Querier, c community.ID, tree *casebook.Memory, v *Verified) error {
	for after := int64(-1); ; {
		list, err := cases.BookAfter(ctx, q, c, after, 1000)
		if err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			k := &list[i]
			if k.ID != v.Entries {
				v.problem("entry %d was taken out", v.Entries)
				v.Entries = k.ID
				return nil // nothing after it can be compared
			}
			after, v.Entries = k.ID, k.ID+1
			leaf, err := k.Hash()
			if err != nil {
				return err
			}
			if err := tree.Add(k.ID, leaf); err != nil {
				return err
			}
			switch {
			case len(k.Digest) == 0 && k.Body != nil:
				v.problem("entry %d: a personal part was added", k.ID)
			case len(k.Digest) > 0 && k.Body == nil:
				v.Erased++
			case k.Body != nil && string(k.Body.Digest()) != string(k.Digest):
				v.problem("entry %d: its text was changed", k.ID)
			}
			if k.Kind == "verdict" {
				if err := verifyVerdict(ctx, q, c, k, v); err != nil {
					return err
				}
			}
		}
	}
}

// verifyVerdict compares a verdict in the tables with its entry.
func verifyVerdict(ctx context.Context, q store.Querier, c community.ID, k *cases.Kept, v *Verified) error {
	is, err := cases.Verdict(ctx, q, c, k.Ref)
	if community.CodeOf(err) == community.NotFound {
		v.problem("entry %d: verdict %d was taken out", k.ID, k.Ref)
		return nil
	}
	if err != nil {
		return err
	}
	envelope, err := casework.VerdictEnvelope(&is)
	if err != nil {
		return err
	}
	if envelope != k.Envelope {
		v.problem("entry %d: verdict %d was changed", k.ID, k.Ref)
	}
	if is.Body != nil && k.Body != nil {
		if text, err := jsonText(is.Body); err != nil || text != k.Body.Text {
			v.problem("entry %d: the text or receipt of verdict %d was changed", k.ID, k.Ref)
		}
	}
	return nil
}

func verifyCheckpoint(signed, public, origin string, tree *casebook.Memory, v *Verified) {
	of, err := casebook.Open(signed, public)
	if err != nil {
		v.problem("a checkpoint: %s", err)
		return
	}
	if of.Origin != origin {
		v.problem("a checkpoint is of %q", of.Origin)
		return
	}
	if of.Tree.N > v.Entries {
		v.problem("the checkpoint of %s knows %d entries, the case log has %d", of.At.Format(time.RFC3339), of.Tree.N, v.Entries)
		return
	}
	head, err := casebook.Head(of.Tree.N, tree)
	if err != nil || head.Hash != of.Tree.Hash {
		v.problem("the case log is another than the one that was signed at %s", of.At.Format(time.RFC3339))
	}
}

// Evidence writes a zip with an entry of the case log, its personal part where it
// was not erased, the proof that it is in the log, and a checkpoint.
func (e *Engine) Evidence(ctx context.Context, c community.ID, id int64, w io.Writer) error {
	signed, size, public, err := e.Checkpoint(ctx, c)
	if err != nil {
		return err
	}
	var k cases.Kept
	var proof any
	if err := e.db.Read(ctx, func(q store.Querier) error {
		if k, err = cases.BookEntry(ctx, q, c, id); err != nil {
			return err
		}
		proof, err = casebook.Proof(size, id, cases.Nodes(ctx, q, c))
		return err
	}); err != nil {
		return err
	}
	pack := zip.NewWriter(w)
	for _, f := range []struct {
		name  string
		value any
	}{{"entry.json", k.Entry}, {"personal.json", k.Body}, {"proof.json", proof}} {
		text, err := json.MarshalIndent(f.value, "", "  ")
		if err != nil {
			return err
		}
		if err := addFile(pack, f.name, text); err != nil {
			return err
		}
	}
	if err := addFile(pack, "checkpoint.txt", []byte(signed)); err != nil {
		return err
	}
	if err := addFile(pack, "key.txt", []byte(public+"\n")); err != nil {
		return err
	}
	return pack.Close()
}

func addFile(pack *zip.Writer, name string, text []byte) error {
	f, err := pack.Create(name)
	if err == nil {
		_, err = f.Write(text)
	}
	return err
}
