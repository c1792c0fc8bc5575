package engine

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"qunying/community"
	"qunying/internal/moderation/casebook"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// plainSealer is enough to keep a key in a test.
type plainSealer struct{}

func (plainSealer) Seal(text, _ string) string { return "sealed " + text }
func (plainSealer) Unseal(sealed, _ string) (string, error) {
	return strings.TrimPrefix(sealed, "sealed "), nil
}

// breach lets somebody break a rule by itself acted upon, n times.
func (w *world) breach(n int) {
	w.t.Helper()
	p, err := policy.Preset("general", "zh-CN")
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range p.Clauses {
		if p.Clauses[i].ID == "advert" {
			p.Clauses[i].Stage = policy.Auto
		}
	}
	w.observe(w.say("g", "a", "hi"))
	if err := w.e.SaveSetting(w.t.Context(), 1, 0, policy.Key, p, 0, 1); err != nil {
		w.t.Fatal(err)
	}
	for range n {
		w.observe(w.say("g", "b", "兼职日结 加微信 abc12345"))
	}
	w.decide()
	if parked := w.parked(); len(parked) > 0 {
		w.t.Fatalf("parked: %+v", parked)
	}
}

// Whatever is changed or taken out of the case log, it shows.
func TestAChangedCaseLogDoesNotVerify(t *testing.T) {
	for _, c := range []struct{ name, change string }{
		{"the text of a verdict", `UPDATE verdict_body SET text = 'x' WHERE verdict_id = 2`},
		{"the severity of a verdict", `UPDATE verdict SET severity = severity + 1 WHERE verdict_id = 2`},
		{"a verdict is gone", `DELETE FROM verdict WHERE verdict_id = 2`},
		{"an envelope", `UPDATE case_entry SET envelope = replace(envelope, '"strike":1', '"strike":3') WHERE entry_id = 1`},
		{"an entry is gone", `DELETE FROM case_entry WHERE entry_id = 1`},
		{"the last entry is gone", `DELETE FROM case_entry WHERE entry_id = (SELECT MAX(entry_id) FROM case_entry)`},
		{"a personal part", `UPDATE case_body SET body = replace(body, '兼', '前') WHERE entry_id = 1`},
		{"a node of the tree", `UPDATE case_hash SET hash = (SELECT hash FROM case_hash WHERE hash_id = 0) WHERE hash_id = 1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				w.e.sealer = plainSealer{}
				w.breach(3)
				signed, size, _, err := w.e.Checkpoint(t.Context(), 1)
				if err != nil || size < 3 {
					t.Fatalf("%d entries, %v", size, err)
				}
				v, err := VerifyBook(t.Context(), w.db, 1, signed)
				if err != nil || !v.OK() || v.Entries != size {
					t.Fatalf("before: %+v, %v", v, err)
				}
				if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
					res, err := tx.Exec(c.change)
					if err != nil {
						return err
					}
					if n, err := res.RowsAffected(); n != 1 || err != nil {
						return errors.Join(err, errors.New("not one row was changed"))
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				if v, err := VerifyBook(t.Context(), w.db, 1, signed); err != nil || v.OK() {
					t.Errorf("after: %+v, %v", v, err)
				}
			})
		})
	}
}

// What is erased leaves the case log valid, and nothing of itself behind.
func TestErasingLeavesTheCaseLogValid(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.breach(2)
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error { return cases.Erase(tx, 1, []community.IdentityID{1, 2, 3}) }); err != nil {
			t.Fatal(err)
		}
		v, err := VerifyBook(t.Context(), w.db, 1)
		if err != nil || !v.OK() || v.Erased < 2 {
			t.Errorf("%+v, %v", v, err)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			list, err := cases.VerdictsAfter(ctx, q, 1, 0, 10)
			for _, v := range list {
				if v.Body != nil {
					t.Errorf("of verdict %d %+v is left", v.ID, v.Body)
				}
			}
			return err
		})
	})
}

// A checkpoint of another key, or of a longer log, is refused.
func TestAForeignCheckpointIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.e.sealer = plainSealer{}
		w.breach(1)
		if _, _, _, err := w.e.Checkpoint(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		secret, _, err := casebook.NewKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		foreign, err := casebook.Sign(casebook.Checkpoint{Origin: casebook.Origin("default"), Tree: casebook.Tree{N: 1}, At: w.now()}, secret)
		if err != nil {
			t.Fatal(err)
		}
		own, _, err := w.e.bookKey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		longer, err := casebook.Sign(casebook.Checkpoint{Origin: casebook.Origin("default"), Tree: casebook.Tree{N: 100}, At: w.now()}, own)
		if err != nil {
			t.Fatal(err)
		}
		for name, signed := range map[string]string{"foreign": foreign, "longer": longer, "no note": "nothing"} {
			if v, err := VerifyBook(t.Context(), w.db, 1, signed); err != nil || v.OK() {
				t.Errorf("%s: %+v, %v", name, v, err)
			}
		}
	})
}

// An evidence bundle can be checked without the database.
func TestEvidenceStandsAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.e.sealer = plainSealer{}
		w.breach(3)
		var out bytes.Buffer
		if err := w.e.Evidence(t.Context(), 1, 1, &out); err != nil {
			t.Fatal(err)
		}
		pack, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		file := func(name string, into any) string {
			f, err := pack.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			if _, err := text.ReadFrom(f); err != nil {
				t.Fatal(err)
			}
			if into != nil {
				if err := json.Unmarshal(text.Bytes(), into); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			return text.String()
		}
		var entry casebook.Entry
		var body casebook.Body
		var proof []tlog.Hash
		file("entry.json", &entry)
		file("personal.json", &body)
		file("proof.json", &proof)
		of, err := casebook.Open(file("checkpoint.txt", nil), strings.TrimSpace(file("key.txt", nil)))
		if err != nil {
			t.Fatal(err)
		}
		if err := casebook.Check(proof, of.Tree, &entry); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(body.Digest(), entry.Digest) {
			t.Error("the personal part is not the one of the entry")
		}
		entry.Envelope += " "
		if casebook.Check(proof, of.Tree, &entry) == nil {
			t.Error("a changed entry is proved too")
		}
	})
}
