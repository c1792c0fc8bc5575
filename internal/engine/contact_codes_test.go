package engine

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecom/wecomtest"
)

func TestContactCodesTellWhoCameByThem(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := newCorporation(t, w)
		ctx, e := t.Context(), w.e
		codes := func() []UsedContactCode {
			t.Helper()
			list, err := e.ContactCodes(ctx, 1, "app")
			if err != nil {
				t.Fatal(err)
			}
			return list
		}

		// The same request twice makes one; of one whose answer never came nobody knows.
		const add = "/cgi-bin/externalcontact/add_contact_way"
		shop := connector.ContactCode{Remark: " 门店海报 ", Employees: []string{"zhang", " li", "zhang", ""}, SkipVerify: true}
		var ids []string
		for range 2 {
			id, err := e.AddContactCode(ctx, 1, "app", "key-1", shop, 7)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		if ids[0] != ids[1] || c.Calls(add) != 1 {
			t.Errorf("made %v in %d calls", ids, c.Calls(add))
		}
		c.Fail(add, 1, wecomtest.Fault{Cut: true})
		if _, err := e.AddContactCode(ctx, 1, "app", "key-2", shop, 7); !unsure(err) {
			t.Errorf("an answer that never came: %v", err)
		}
		if _, err := e.AddContactCode(ctx, 1, "app", "key-2", shop, 7); community.CodeOf(err) != community.Conflict {
			t.Errorf("and again: %v", err)
		}
		made := codes()
		if len(made) != 1 || made[0].Value.Remark != "门店海报" || made[0].Value.State == "" || !slices.Equal(made[0].Value.Employees, []string{"zhang", "li"}) {
			t.Fatalf("the codes are %+v", made)
		}
		state := made[0].Value.State
		if _, err := e.AddContactCode(ctx, 1, "app", "key-3", connector.ContactCode{Remark: "另一张", Employees: []string{"li"}, State: state}, 7); community.CodeOf(err) != community.Conflict {
			t.Errorf("two codes with one state: %v", err)
		}
		for _, bad := range []connector.ContactCode{{Employees: []string{"li"}}, {Remark: "x", Employees: []string{" "}}, {Remark: "x", Employees: many(101)}} {
			if _, err := e.AddContactCode(ctx, 1, "app", "key-4", bad, 7); community.CodeOf(err) != community.Invalid {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if b, err := e.ContactCodePicture(ctx, 1, "app", ids[0]); err != nil || !bytes.HasPrefix(b, []byte("\x89PNG")) {
			t.Errorf("its picture is %.8q, %v", b, err)
		}

		// One came twice, one without a code, one too long ago.
		c.Befriend("wmSIM000000000000000000000003", "小王", "zhang", state, w.now())
		c.until("the first one", func() bool { return codes()[0].Use.People == 1 })
		w.advance((codeUseDays + 1) * 24 * time.Hour)
		if u := codes()[0].Use; u.People != 0 || !u.LastAt.IsZero() {
			t.Errorf("after a month: %+v", u)
		}
		came := w.now()
		c.Befriend(customer, "小李", "zhang", state, came)
		c.Befriend(another, "小张", "zhang", "", came)
		w.advance(time.Minute)
		c.Befriend(customer, "小李", "li", state, w.now())
		c.until("both times", func() bool { return codes()[0].Use.Followed == 2 })
		if u := codes()[0].Use; u.People != 1 || !u.LastAt.After(came) {
			t.Errorf("used: %+v", u)
		}

		// Who it leads to changes, its state does not.
		to := connector.ContactCode{ID: ids[0], Remark: "门店", State: "别的", Employees: []string{"wang"}}
		if err := e.ChangeContactCode(ctx, 1, "app", to, 0, 7); community.CodeOf(err) != community.Conflict {
			t.Errorf("changed on an old version: %v", err)
		}
		if err := e.ChangeContactCode(ctx, 1, "app", to, 1, 7); err != nil {
			t.Fatal(err)
		}
		if k := codes()[0]; k.Value.State != state || k.Value.Remark != "门店" || k.Value.SkipVerify || !slices.Equal(k.Value.Employees, []string{"wang"}) || k.Use.People != 1 {
			t.Errorf("changed it is %+v", k)
		}
		if err := e.DeleteContactCode(ctx, 1, "app", ids[0], 2, 7); err != nil {
			t.Fatal(err)
		}
		if list := codes(); len(list) != 0 {
			t.Errorf("deleted: %+v", list)
		}
		if _, err := e.ContactCodePicture(ctx, 1, "app", ids[0]); err == nil {
			t.Error("a deleted code has a picture")
		}
		if got := c.audits("wecom/app/contact_code/"); len(got) != 3 {
			t.Errorf("audited: %v", got)
		}
	})
}

// many are that many names.
func many(n int) (names []string) {
	for i := range n {
		names = append(names, decimal(int64(i)))
	}
	return names
}
