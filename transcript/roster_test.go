package transcript

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"

	"qunying/community"
)

func TestReadRoster(t *testing.T) {
	utc := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	li, hua := utc("2024-03-01T01:00:00Z"), utc("2024-03-01T16:00:00Z")
	names := func(names ...string) (out []Member) {
		for _, n := range names {
			out = append(out, Member{Name: n})
		}
		return out
	}
	sheet := filepath.Join(t.TempDir(), "晨读打卡群.xlsx")
	book := excelize.NewFile()
	for cell, row := range map[string][]any{"A1": {"昵称", "wxid", "入群时间"}, "A2": {"小李", "wxid_li", "2024-03-01 09:00"}, "A4": {"阿花", "wxid_hua"}} {
		if err := book.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.SaveAs(sheet); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file, group string
		want        []Member
	}{
		{"testdata/roster/contacts.csv", "contacts", []Member{
			{ID: "wxid_li", Name: "小李", Remark: "李老师", Data: map[string]string{"Alias": "li2020"}}, {ID: "wxid_hua", Name: "阿花"}}},
		{"testdata/roster/members.csv", "members", []Member{
			{ID: "wxid_li", Name: "晨读-小李", Role: "群主", JoinedAt: li, Data: map[string]string{"昵称": "小李"}},
			{ID: "wxid_hua", Name: "阿花", JoinedAt: hua}}},
		{"testdata/roster/qq.tsv", "qq", []Member{{ID: "10001", Name: "小李"}, {ID: "10002", Name: `"阿花"`, Remark: "花"}}},
		{"testdata/roster/names.txt", "names", names("小李", "阿花", "阿强")},
		{"testdata/roster/oneline.txt", "oneline", names("小李", "阿花", "阿强", "王", "小", "明")},
		{"testdata/roster/header-only-names.txt", "header-only-names", names("小李", "阿花")},
		{sheet, "晨读打卡群", []Member{{ID: "wxid_li", Name: "小李", JoinedAt: li}, {ID: "wxid_hua", Name: "阿花"}}},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			got, err := ReadRoster(c.file, Options{Zone: shanghai(t)})
			if err != nil {
				t.Fatal(err)
			}
			if got.Group != c.group || got.At.IsZero() {
				t.Errorf("group %q at %v", got.Group, got.At)
			}
			if diff := cmp.Diff(c.want, got.Members, cmpopts.EquateApproxTime(0)); diff != "" {
				t.Errorf("members differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadRosterRefuses(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"empty":         {"\n\n", "holds no members"},
		"binary":        {"a\x00b\n", "not text"},
		"too many":      {strings.Repeat("x\n", maxRosterMembers+2), "more than"},
		"long name":     {strings.Repeat("x", 5000), "longer than"},
		"bad time":      {"name,joined\nli,soon\n", "not a time"},
		"too wide":      {"name,id\nli,1,2\n", "3 fields"},
		"broken sheet":  {"PK\x03\x04xxxx", "spreadsheet"},
		"cut character": {"小李\n\xe5", "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "list.txt")
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := ReadRoster(path, Options{Zone: time.UTC})
			if community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an Invalid error with %q", err, c.want)
			}
		})
	}
	if _, err := ReadRoster(filepath.Join(t.TempDir(), "none"), Options{}); community.CodeOf(err) != community.NotFound {
		t.Errorf("missing file: %v", err)
	}
}
