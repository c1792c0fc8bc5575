package store

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Nobody commits any more, so that only the carrying connection can be it.
func TestLogIsCarriedOverBesideTheWriter(t *testing.T) {
	db, err := Open(context.Background(), filepath.Join(t.TempDir(), "qunying.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	page := strings.Repeat("x", 4000)
	for i := range 3 {
		if err := db.Write(context.Background(), func(tx *Tx) error {
			for j := range carryFrom {
				if err := tx.SetFact(fmt.Sprint(i, "-", j), page); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(2 * time.Minute)
	for {
		pages, done, err := checkpoint(context.Background(), db.read, "NOOP")
		if err != nil {
			t.Fatal(err)
		}
		if pages-done < carryFrom {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("of %d pages %d are in the file", pages, done)
		}
	}
}
