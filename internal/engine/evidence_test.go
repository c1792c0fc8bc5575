package engine

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"qunying/community"
)

// A bundle holds together, with its personal part or without, and shows whatever was
// changed in it.
func TestEvidenceIsChecked(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.e.sealer = plainSealer{}
		w.breach(3)
		var out bytes.Buffer
		if err := w.e.Evidence(t.Context(), 1, 1, &out); err != nil {
			t.Fatal(err)
		}
		s, err := CheckEvidence(out.Bytes(), "")
		if err != nil || s.Entry.ID != 1 || s.Erased || s.Size < 2 || s.Origin != "qunying casebook default" {
			t.Fatalf("%+v: %v", s, err)
		}
		if _, err := CheckEvidence(out.Bytes(), s.Key); err != nil {
			t.Error(err)
		}
		if _, err := CheckEvidence(out.Bytes(), s.Key+"x"); community.CodeOf(err) != community.Invalid {
			t.Errorf("signed by another key: %v", err)
		}
		for name, c := range map[string]struct{ file, old, new, want string }{
			"an entry":           {"entry.json", `"kind": "verdict"`, `"kind": "verdicT"`, "the proof does not show"},
			"what was said":      {"personal.json", `"text": "`, `"text": " `, "personal.json is not what the entry was made with"},
			"the proof":          {"proof.json", "=", "A=", "damaged"},
			"the checkpoint":     {"checkpoint.txt", "\n2", "\n3", "not signed"},
			"the key":            {"key.txt", "qunying+", "qunying+0", "damaged"},
			"a bundle with less": {"proof.json", "", "", "has no proof.json"},
			"no bundle":          {"", "", "", "no evidence bundle"},
		} {
			_, err := CheckEvidence(changed(t, out.Bytes(), c.file, c.old, c.new), "")
			if community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
	})
}

// changed is a bundle with another text in one of its files: without an old text the
// file is left out, without a file it is no bundle.
func changed(t *testing.T, bundle []byte, name, old, with string) []byte {
	if name == "" {
		return bundle[:len(bundle)-9]
	}
	in, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	pack := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == name {
			if old == "" {
				continue
			}
			if !bytes.Contains(text, []byte(old)) {
				t.Fatalf("%s has no %q:\n%s", name, old, text)
			}
			text = bytes.Replace(text, []byte(old), []byte(with), 1)
		}
		if err := addFile(pack, f.Name, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := pack.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
