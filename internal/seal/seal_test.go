package seal

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"qunying/community"
)

func TestASecretOpensOnlyWhereItBelongs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "key")
	s, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	sealed := s.Seal("暗号 secret", "account/a/token")
	if !IsSealed(sealed) || strings.Contains(sealed, "secret") || sealed == s.Seal("暗号 secret", "account/a/token") {
		t.Fatalf("sealed as %q", sealed)
	}
	again, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := again.Unseal(sealed, "account/a/token"); err != nil || text != "暗号 secret" {
		t.Errorf("opened with the key of the file: %q, %v", text, err)
	}
	for name, try := range map[string]func() (string, error){
		"another place": func() (string, error) { return s.Unseal(sealed, "account/b/token") },
		"damaged":       func() (string, error) { return s.Unseal(sealed[:len(sealed)-4]+"AAAA", "account/a/token") },
		"cut":           func() (string, error) { return s.Unseal(sealed[:len(prefix)+3], "account/a/token") },
		"plain":         func() (string, error) { return s.Unseal("token", "account/a/token") },
	} {
		if text, err := try(); community.CodeOf(err) != community.Invalid || text != "" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %v, %v", info.Mode(), err)
	}
}

func TestOneKeyIsMadeHoweverManyBegin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	sealers := make([]*Sealer, 8)
	var wg sync.WaitGroup
	for i := range sealers {
		wg.Go(func() {
			s, err := Open(file)
			if err != nil {
				t.Error(err)
			}
			sealers[i] = s
		})
	}
	wg.Wait()
	sealed := sealers[0].Seal("x", "y")
	for i, s := range sealers {
		if _, err := s.Unseal(sealed, "y"); err != nil {
			t.Errorf("sealer %d has another key", i)
		}
	}
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
}

func TestADamagedKeyFileIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); community.CodeOf(err) != community.Invalid {
		t.Errorf("opened: %v", err)
	}
}
