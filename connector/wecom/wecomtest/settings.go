package wecomtest

import (
	"crypto/sha256"
	"fmt"
	"image"
	"image/png"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// keep registers the calls of a kind of thing that is only stored: id is the name of
// its ID, under is where the answer to get puts it, check what the platform checks of
// a new one.
type keep struct {
	add, edit, get, del string
	id, under           string
	most                int
	check               func(s *Server, in object) error
	edited              func(x, in object) // instead of taking the new values
}

var kept = []keep{
	{add: "group_welcome_template/add", edit: "group_welcome_template/edit", get: "group_welcome_template/get", del: "group_welcome_template/del",
		id: "template_id", most: 100, check: func(_ *Server, in object) error {
			if len(text(inner(in, "text"), "content")) > 3000 {
				return refuse{40058, "text too long"}
			}
			return nil
		}},
	{add: "groupchat/add_join_way", edit: "groupchat/update_join_way", get: "groupchat/get_join_way", del: "groupchat/del_join_way",
		id: "config_id", under: "join_way", check: func(s *Server, in object) error {
			chats := texts(in, "chat_id_list")
			if len(chats) < 1 || len(chats) > 5 || len([]rune(text(in, "state"))) > 30 {
				return refuse{40058, "invalid chat_id_list or state"}
			}
			for _, id := range chats {
				if _, err := s.chat(id); err != nil {
					return err
				}
			}
			return nil
		}},
	{add: "add_contact_way", edit: "update_contact_way", get: "get_contact_way", del: "del_contact_way",
		id: "config_id", under: "contact_way", check: func(_ *Server, in object) error {
			if kind := number(in, "type"); kind != 0 && kind != 1 && kind != 2 || len([]rune(text(in, "state"))) > 30 {
				return refuse{40058, "invalid type or state"}
			}
			if n := len(texts(in, "user")); n > 100 || number(in, "type") == 1 && n != 1 {
				return refuse{40058, "invalid user"}
			}
			return nil
		}},
	{add: "add_intercept_rule", edit: "update_intercept_rule", get: "get_intercept_rule", del: "del_intercept_rule",
		id: "rule_id", under: "rule", most: 100, check: func(_ *Server, in object) error {
			words := texts(in, "word_list")
			if n := len([]rune(text(in, "rule_name"))); n < 1 || n > 20 || len(words) > 300 {
				return refuse{40058, "invalid rule_name or word_list"}
			}
			for _, w := range words {
				if n := len([]rune(w)); n < 1 || n > 32 {
					return refuse{40058, "invalid word"}
				}
			}
			who := inner(in, "applicable_range")
			if len(texts(who, "user_list")) == 0 && who["department_list"] == nil && in["rule_id"] == nil {
				return refuse{40058, "empty applicable_range"}
			}
			return nil
		}, edited: editRule},
}

// settings registers the calls of what the corporation sets up.
func (s *Server) settings() {
	for _, k := range kept {
		s.things[k.id+k.add] = map[string]object{}
		stored := s.things[k.id+k.add]
		find := func(in object) (object, error) {
			if x := stored[text(in, k.id)]; x != nil {
				return x, nil
			}
			return nil, refuse{40058, "invalid " + k.id}
		}
		s.handle(contact+k.add, func(in object, r *http.Request) (object, error) {
			if err := k.check(s, in); err != nil {
				return nil, err
			}
			if k.most > 0 && len(stored) >= k.most {
				return nil, refuse{40058, "too many"}
			}
			id := s.id("cfg")
			in[k.id] = id
			out := object{k.id: id}
			if k.under == "join_way" || k.under == "contact_way" {
				in["qr_code"] = "http://" + r.Host + "/_picture/" + id
			}
			if k.under == "contact_way" { // of a join code only get tells it
				out["qr_code"] = in["qr_code"]
			}
			stored[id] = in
			return out, nil
		})
		s.handle(contact+k.edit, func(in object, _ *http.Request) (object, error) {
			x, err := find(in)
			if err != nil {
				return nil, err
			}
			if err := k.check(s, in); err != nil {
				return nil, err
			}
			if k.edited != nil {
				k.edited(x, in)
				return nil, nil
			}
			maps.Copy(x, in)
			return nil, nil
		})
		s.handle(contact+k.get, func(in object, _ *http.Request) (object, error) {
			x, err := find(in)
			if err != nil || k.under == "" {
				return maps.Clone(x), err
			}
			return object{k.under: maps.Clone(x)}, nil
		})
		s.handle(contact+k.del, func(in object, _ *http.Request) (object, error) {
			if _, err := find(in); err != nil {
				return nil, err
			}
			delete(stored, text(in, k.id))
			return nil, nil
		})
	}
	s.handle(contact+"get_intercept_rule_list", func(object, *http.Request) (object, error) {
		list := []object{}
		rules := s.things["rule_idadd_intercept_rule"]
		for _, id := range slices.Sorted(maps.Keys(rules)) {
			list = append(list, object{"rule_id": id, "rule_name": rules[id]["rule_name"], "create_time": 1700000000})
		}
		return object{"rule_list": list}, nil
	})
	s.handle(contact+"list_contact_way", func(in object, _ *http.Request) (object, error) {
		list := []object{}
		for _, id := range slices.Sorted(maps.Keys(s.things["config_idadd_contact_way"])) {
			list = append(list, object{"config_id": id})
		}
		return object{"contact_way": list}, nil
	})
	s.handle(contact+"close_temp_chat", func(in object, _ *http.Request) (object, error) {
		if s.contacts[text(in, "external_userid")] == nil {
			return nil, refuse{84061, "not external contact"}
		}
		return nil, nil
	})
	s.handle(contact+"get_corp_tag_list", s.listTags)
	s.handle(contact+"add_corp_tag", s.addTags)
	s.handle(contact+"edit_corp_tag", s.editTag)
	s.handle(contact+"del_corp_tag", s.deleteTags)
	s.handle(contact+"mark_tag", s.markTags)
}

// picture draws what stands for a code: squares that depend on its ID. It cannot be
// scanned.
func picture(w http.ResponseWriter, r *http.Request) {
	const side, square = 25, 8 // squares, pixels
	m := image.NewGray(image.Rect(0, 0, side*square, side*square))
	sum := sha256.Sum256([]byte(r.PathValue("id")))
	for y := range side * square {
		for x := range side * square {
			i := (y/square*side + x/square) % (8 * len(sum))
			if sum[i/8]>>(i%8)&1 == 0 {
				m.Pix[m.PixOffset(x, y)] = 0xff
			}
		}
	}
	w.Header().Set("Content-Type", "image/png")
	_ = png.Encode(w, m) // whoever asked may be gone
}

// editRule changes a rule: for whom it holds is told as what comes and what goes.
func editRule(x, in object) {
	for _, name := range []string{"rule_name", "word_list", "extra_rule", "intercept_type"} {
		if v, ok := in[name]; ok {
			x[name] = v
		}
	}
	delete(x, "semantics_list")
	who := texts(inner(x, "applicable_range"), "user_list")
	gone := texts(inner(in, "remove_applicable_range"), "user_list")
	who = slices.DeleteFunc(who, func(u string) bool { return slices.Contains(gone, u) })
	list := []any{}
	for _, u := range append(who, texts(inner(in, "add_applicable_range"), "user_list")...) {
		list = append(list, u)
	}
	x["applicable_range"] = object{"user_list": list}
}

type tagGroup struct {
	id, name string
	tags     []*tag
}

type tag struct{ id, name string }

func (s *Server) tagName(id string) string {
	for _, g := range s.tags {
		for _, t := range g.tags {
			if t.id == id {
				return t.name
			}
		}
	}
	return ""
}

func (g *tagGroup) object() object {
	list := []object{}
	for i, t := range g.tags {
		list = append(list, object{"id": t.id, "name": t.name, "order": i, "create_time": 1700000000})
	}
	return object{"group_id": g.id, "group_name": g.name, "create_time": 1700000000, "order": 0, "tag": list}
}

func (s *Server) listTags(in object, _ *http.Request) (object, error) {
	groups, tags, list := texts(in, "group_id"), texts(in, "tag_id"), []object{}
	for _, g := range s.tags {
		holds := slices.ContainsFunc(g.tags, func(t *tag) bool { return slices.Contains(tags, t.id) })
		if len(groups)+len(tags) == 0 || slices.Contains(groups, g.id) || holds {
			list = append(list, g.object())
		}
	}
	return object{"tag_group": list}, nil
}

func (s *Server) addTags(in object, _ *http.Request) (object, error) {
	var g *tagGroup
	for _, x := range s.tags {
		if id := text(in, "group_id"); id != "" && x.id == id || id == "" && x.name == text(in, "group_name") {
			g = x
		}
	}
	if g == nil {
		if text(in, "group_name") == "" {
			return nil, refuse{40068, "invalid tagid"}
		}
		g = &tagGroup{id: s.id("et"), name: text(in, "group_name")}
		s.tags = append(s.tags, g)
	}
	list, _ := in["tag"].([]any)
	for _, x := range list {
		m, _ := x.(object)
		name := text(m, "name")
		if n := len([]rune(name)); n < 1 || n > 30 {
			return nil, refuse{40071, "invalid tag name"}
		}
		if slices.ContainsFunc(g.tags, func(t *tag) bool { return t.name == name }) {
			return nil, refuse{40071, "tag name exists"}
		}
		g.tags = append(g.tags, &tag{s.id("et"), name})
	}
	return object{"tag_group": g.object()}, nil
}

func (s *Server) editTag(in object, _ *http.Request) (object, error) {
	for _, g := range s.tags {
		if g.id == text(in, "id") {
			g.name = text(in, "name")
			return nil, nil
		}
		for _, t := range g.tags {
			if t.id == text(in, "id") {
				t.name = text(in, "name")
				return nil, nil
			}
		}
	}
	return nil, refuse{40068, "invalid tagid"}
}

func (s *Server) deleteTags(in object, _ *http.Request) (object, error) {
	groups, tags := texts(in, "group_id"), texts(in, "tag_id")
	for _, g := range s.tags {
		g.tags = slices.DeleteFunc(g.tags, func(t *tag) bool { return slices.Contains(tags, t.id) })
	}
	s.tags = slices.DeleteFunc(s.tags, func(g *tagGroup) bool { return slices.Contains(groups, g.id) || len(g.tags) == 0 })
	return nil, nil
}

func (s *Server) markTags(in object, _ *http.Request) (object, error) {
	c, by := s.contacts[text(in, "external_userid")], text(in, "userid")
	if c == nil {
		return nil, refuse{40096, "invalid external userid"}
	}
	if _, ok := c.By[by]; !ok {
		return nil, refuse{84061, "not external contact"}
	}
	gone := texts(in, "remove_tag")
	list := slices.DeleteFunc(c.Tags[by], func(t string) bool { return slices.Contains(gone, t) })
	for _, t := range texts(in, "add_tag") {
		if s.tagName(t) == "" {
			return nil, refuse{40068, fmt.Sprint("invalid tagid ", strings.ToValidUTF8(t, ""))}
		}
		if !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	c.Tags[by] = list
	return nil, nil
}
