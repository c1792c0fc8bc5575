package archtest_test

import (
	"os"
	"path/filepath"
	"testing"

	"qunying/internal/archtest"
)

func TestImports(t *testing.T) {
	found, err := archtest.Check(os.DirFS(root(t)), archtest.Qunying)
	report(t, found, err)
}

func TestNoPathsOfOneMachine(t *testing.T) {
	found, err := archtest.MachinePaths(os.DirFS(root(t)))
	report(t, found, err)
}

func report(t *testing.T, found []archtest.Finding, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

// root is the folder of go.mod.
func root(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return folder
}
