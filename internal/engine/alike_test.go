package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	peopledb "qunying/internal/store/people"
)

// alike lists all who may be the same, a page of one at a time.
func (w *world) alike() (list []string) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		links, err := insightdb.LinksNow(ctx, q, 1)
		if err != nil {
			return err
		}
		for at := (peopledb.AlikePlace{}); ; {
			page, next, err := peopledb.AlikeSets(ctx, q, 1, links, at, 1)
			if err != nil {
				return err
			}
			for _, s := range page {
				list = append(list, fmt.Sprint(s.Reason, " ", s.Detail, " ", s.People, " ", s.Shared))
			}
			if next == (peopledb.AlikePlace{}) || len(list) > 50 {
				return nil
			}
			at = next
		}
	})
	return list
}

// Who may be the same is told over the whole community: by an ID on two networks, by
// a name that few bear; not who is one already, and not who is known to be different.
func TestWhoMayBeTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.calls("g1", "u1", "阿岚", "早"), w.calls("g1", "u2", "阿岚", "早"), w.calls("g2", "u3", "Ziv", "hi"),
			w.calls("g2", "u4", "独一份", "hi"), w.calls("g2", "u9", "好", "hi"), w.calls("g1", "u8", "好", "hi"))
		for i := range 4 {
			w.observe(w.calls("g1", fmt.Sprint("many", i), "小李", "早"))
		}
		// Of the first nobody said anything; the second speaks in two groups and is listed
		// once more; the third is common with those who are only listed.
		w.observe(w.calls("g1", "d1", "阿岱", "早"), w.calls("g1", "d2", "阿岱", "早"))
		var listed []connector.Member
		for i, name := range []string{"只在名单", "只在名单", "Ziv", "阿岱", "阿岱"} {
			listed = append(listed, connector.Member{ID: fmt.Sprint("l", i), Name: name})
		}
		w.observe(connector.Observation{Kind: community.RosterTaken, Group: "g3", Members: listed, At: w.now()})
		for _, who := range []store.Outside{{ID: "u4", Name: "又一份"}, {ID: "v3", Name: "Ziv"}} {
			if _, err := w.db.Append(t.Context(), 1, store.Draft{Network: "other", Group: "x", GroupName: "别处", Subject: who,
				Event: community.Event{Key: community.KeyParts{ID: "elsewhere " + who.ID}.Key(), Kind: community.MessagePosted, Origin: community.Live, At: w.now(),
					Content: community.Text, Length: 1, Source: "test", Body: &community.Body{Name: who.Name, Text: "在"}}}); err != nil {
				t.Fatal(err)
			}
		}
		w.decide()
		w.project()
		person := func(network, outside string) (p community.PersonID) {
			w.read(func(ctx context.Context, q store.Querier) error {
				id, err := store.IdentityByOutside(ctx, q, 1, community.Network(network), 0, outside)
				p = community.PersonID(id)
				return err
			})
			return p
		}
		set := func(shared int, reason, detail string, people ...community.PersonID) string {
			slices.Sort(people)
			return fmt.Sprint(reason, " ", detail, " ", people, " ", shared)
		}
		sameID := set(0, "id", "u4", person("sim", "u4"), person("other", "u4"))
		ziv := set(0, "name", "Ziv", person("sim", "u3"), person("other", "v3"))
		lan := set(1, "name", "阿岚", person("sim", "u1"), person("sim", "u2"))
		want := func(about string, list ...string) {
			t.Helper()
			if diff := gocmp.Diff(list, w.alike()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", about, diff)
			}
		}
		want("at first", sameID, ziv, lan)

		apart := func(is bool) {
			if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
				for range 2 { // a repeat changes nothing
					if err := peopledb.SayApart(tx, 1, []community.PersonID{person("sim", "u2"), person("sim", "u1")}, is, 7, 0); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		apart(true)
		want("two of a name are known to be different", sameID, ziv)
		apart(false)
		want("that is taken back", sameID, ziv, lan)

		w.mustDo(Command{Kind: community.PersonMerge, Key: "merge-alike-1", By: 1, Targets: []community.IdentityID{community.IdentityID(person("sim", "u3")), community.IdentityID(person("other", "v3"))}})
		w.project()
		want("who is one already", sameID, lan)
	})
}

// Where names are all that is known, whoever was renamed is somebody else than who bore
// the old name, until people say otherwise: that one was renamed from it is the reason.
func TestARenameIsAReason(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		path := filepath.Join(t.TempDir(), "books-2010-03-04.log")
		log := "[08:00] <alex> hi\n[08:01] *** alex is now known as brohken\n[08:02] <brohken> it is me\n[08:03] <ziv> hello\n"
		if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
			t.Fatal(err)
		}
		w.importFile(path)
		w.project()
		if diff := gocmp.Diff([]string{"renamed alex [1 2] 1"}, w.alike()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for _, id := range []community.IdentityID{1, 2} {
			var list []peopledb.Alike
			w.read(func(ctx context.Context, q store.Querier) (err error) {
				list, err = peopledb.Suggest(ctx, q, 1, nil, []community.IdentityID{id})
				return err
			})
			if diff := gocmp.Diff([]peopledb.Alike{{Person: community.PersonID(3 - id), Reason: "renamed", Detail: "alex", Groups: 1}}, list); diff != "" {
				t.Errorf("of %d (-want +got):\n%s", id, diff)
			}
		}
	})
}
