package wecomtest

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const contact = "/cgi-bin/externalcontact/"

// routes are the calls of the interface.
func (s *Server) routes() {
	s.mux = http.NewServeMux()
	s.handle("/cgi-bin/gettoken", s.getToken)
	s.handle(contact+"groupchat/list", s.listChats)
	s.handle(contact+"groupchat/get", s.getChat)
	s.handle(contact+"opengid_to_chatid", func(in object, _ *http.Request) (object, error) {
		for _, id := range slices.Sorted(maps.Keys(s.chats)) {
			if text(in, "opengid") == "og"+id {
				return object{"chat_id": id}, nil
			}
		}
		return nil, refuse{40058, "invalid opengid"}
	})
	s.handle(contact+"groupchat/transfer", s.transfer)
	s.handle(contact+"groupchat/onjob_transfer", s.transfer)
	s.handle(contact+"groupchat/statistic", s.statistic)
	s.handle(contact+"groupchat/statistic_group_by_day", s.statisticByDay)
	s.handle(contact+"get", s.getContact)
	s.handle(contact+"list", s.listContacts)
	s.handle(contact+"batch/get_by_user", s.byUser)
	s.handle(contact+"send_welcome_msg", s.sendWelcome)
	s.handle(contact+"add_msg_template", s.addMass)
	s.handle(contact+"get_groupmsg_list_v2", s.listMasses)
	s.handle(contact+"get_groupmsg_task", s.massTasks)
	s.handle(contact+"get_groupmsg_send_result", s.massResults)
	s.handle(contact+"remind_groupmsg_send", s.remindMass)
	s.handle(contact+"cancel_groupmsg_send", s.cancelMass)
	s.handle("/cgi-bin/message/send", s.sendMessage)
	s.handle("/cgi-bin/message/recall", s.recallMessage)
	s.handle("/cgi-bin/appchat/create", s.createAppChat)
	s.handle("/cgi-bin/appchat/update", s.updateAppChat)
	s.handle("/cgi-bin/appchat/get", s.getAppChat)
	s.handle("/cgi-bin/appchat/send", s.sendAppChat)
	s.handle("/cgi-bin/media/upload", s.upload)
	s.handle("/cgi-bin/media/uploadimg", s.upload)
	s.handle("/cgi-bin/media/get", s.download)
	s.handle("/cgi-bin/auth/getuserinfo", func(_ object, r *http.Request) (object, error) {
		code := r.URL.Query().Get("code")
		if len(code) < 6 || code[:5] != "code-" {
			return nil, refuse{40029, "invalid code"}
		}
		return object{"userid": code[5:]}, nil
	})
	s.archive()
	s.settings()
	s.mux.HandleFunc("GET /_picture/{id}", picture)
	s.control()
}

func (s *Server) listChats(in object, _ *http.Request) (object, error) {
	limit := int(number(in, "limit"))
	if limit < 1 || limit > 1000 {
		return nil, refuse{40058, "invalid limit"}
	}
	ids := slices.Sorted(maps.Keys(s.chats))
	from, err := strconv.Atoi(text(in, "cursor"))
	if text(in, "cursor") == "" {
		from, err = 0, nil
	}
	if err != nil || from < 0 || from > len(ids) {
		return nil, refuse{40058, "invalid cursor"}
	}
	to := min(from+limit, len(ids))
	list := []object{}
	for _, id := range ids[from:to] {
		list = append(list, object{"chat_id": id, "status": s.chats[id].Status})
	}
	out := object{"group_chat_list": list}
	if to < len(ids) {
		out["next_cursor"] = strconv.Itoa(to)
	}
	return out, nil
}

func (s *Server) getChat(in object, _ *http.Request) (object, error) {
	c, err := s.chat(text(in, "chat_id"))
	if err != nil {
		return nil, err
	}
	members := []object{}
	for _, m := range c.Members {
		x := object{"userid": m.ID, "type": 1, "join_time": m.Joined, "join_scene": m.Scene, "group_nickname": ""}
		if len(m.ID) > 2 && m.ID[:2] == "wm" {
			x["type"], x["unionid"] = 2, "oz"+m.ID[2:]
		}
		if number(in, "need_name") == 1 {
			x["name"] = m.Name
		}
		if m.Invitor != "" {
			x["invitor"] = object{"userid": m.Invitor}
		}
		if m.State != "" {
			x["state"] = m.State
		}
		members = append(members, x)
	}
	return object{"group_chat": object{"chat_id": c.ID, "name": c.Name, "owner": c.Owner, "create_time": c.Created, "notice": c.Notice,
		"member_list": members, "admin_list": []object{}, "member_version": c.Version}}, nil
}

// transfer hands groups over: those of owners at work by one call, of those who
// resigned by the other.
func (s *Server) transfer(in object, r *http.Request) (object, error) {
	ids, owner := texts(in, "chat_id_list"), text(in, "new_owner")
	if len(ids) == 0 || len(ids) > 100 {
		return nil, refuse{40058, "invalid chat_id_list"}
	}
	if owner == "" || owner == "nobody" {
		return nil, refuse{40003, "invalid userid"}
	}
	resigned := strings.HasSuffix(r.URL.Path, "/transfer")
	failed := []object{}
	for _, id := range ids {
		c, err := s.chat(id)
		switch {
		case err != nil:
			failed = append(failed, object{"chat_id": id, "errcode": 40050, "errmsg": "invalid chatid"})
		case resigned && c.Status != 1:
			failed = append(failed, object{"chat_id": id, "errcode": 90500, "errmsg": "chat owner has not resigned"})
		case !resigned && c.Status == 1:
			failed = append(failed, object{"chat_id": id, "errcode": 90502, "errmsg": "chat owner has resigned"})
		default:
			if c.Status == 1 {
				c.Status = 3
			}
			c.Owner = owner
			s.update(c, s.Now(), "change_owner")
		}
	}
	return object{"failed_chat_list": failed}, nil
}

// byUser lists customers of employees with what those noted of them, on one page.
func (s *Server) byUser(in object, _ *http.Request) (object, error) {
	users := texts(in, "userid_list")
	if len(users) == 0 || len(users) > 100 {
		return nil, refuse{40058, "invalid userid_list"}
	}
	list := []object{}
	for _, id := range slices.Sorted(maps.Keys(s.contacts)) {
		c := s.contacts[id]
		for _, u := range users {
			if _, ok := c.By[u]; ok {
				list = append(list, object{"external_contact": object{"external_userid": id, "name": c.Name, "type": 1},
					"follow_info": object{"userid": u, "remark": "", "tag_id": append([]string{}, c.Tags[u]...)}})
			}
		}
	}
	if len(list) == 0 {
		return nil, refuse{84061, "not external contact"}
	}
	return object{"external_contact_list": list}, nil
}

// days checks a range of statistics: whole days from yesterday back to 180 days ago,
// thirty at most.
func (s *Server) days(in object) (from, to time.Time, err error) {
	begin, end := number(in, "day_begin_time"), number(in, "day_end_time")
	if end == 0 {
		end = begin
	}
	day := func(t time.Time) time.Time {
		t = t.In(shanghai)
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, shanghai)
	}
	from, to = day(time.Unix(begin, 0)), day(time.Unix(end, 0))
	today := day(s.Now())
	if !to.Before(today) || from.Before(today.AddDate(0, 0, -180)) || to.Before(from) || !to.Before(from.AddDate(0, 0, 30)) {
		return from, to, refuse{600018, "invalid time range"}
	}
	if n := len(texts(inner(in, "owner_filter"), "userid_list")); n > 100 {
		return from, to, refuse{40058, "too many userid"}
	}
	return from, to, nil
}

func (s *Server) owners(in object) map[string][]*Chat {
	only := texts(inner(in, "owner_filter"), "userid_list")
	by := map[string][]*Chat{}
	for _, c := range s.chats {
		if len(only) == 0 || slices.Contains(only, c.Owner) {
			by[c.Owner] = append(by[c.Owner], c)
		}
	}
	return by
}

// count is what the statistics tell of groups in [from, to).
func count(chats []*Chat, from, to time.Time) object {
	fresh, members, joined := 0, 0, 0
	in := func(at int64) bool { return at >= from.Unix() && at < to.Unix() }
	for _, c := range chats {
		if in(c.Created) {
			fresh++
		}
		for _, m := range c.Members {
			members++
			if in(m.Joined) {
				joined++
			}
		}
	}
	return object{"new_chat_cnt": fresh, "chat_total": len(chats), "chat_has_msg": 0, "new_member_cnt": joined, "member_total": members,
		"member_has_msg": 0, "msg_total": 0}
}

func (s *Server) statistic(in object, _ *http.Request) (object, error) {
	from, to, err := s.days(in)
	if err != nil {
		return nil, err
	}
	by := s.owners(in)
	if len(by) > 1000 && len(texts(inner(in, "owner_filter"), "userid_list")) == 0 {
		return nil, refuse{81017, "too many owners"}
	}
	items := []object{}
	for _, owner := range slices.Sorted(maps.Keys(by)) {
		items = append(items, object{"owner": owner, "data": count(by[owner], from, to.AddDate(0, 0, 1))})
	}
	offset, limit := int(number(in, "offset")), int(number(in, "limit"))
	if limit < 1 || limit > 1000 || offset < 0 || offset > len(items) {
		return nil, refuse{40058, "invalid offset or limit"}
	}
	end := min(offset+limit, len(items))
	return object{"total": len(items), "next_offset": end, "items": items[offset:end]}, nil
}

func (s *Server) statisticByDay(in object, _ *http.Request) (object, error) {
	from, to, err := s.days(in)
	if err != nil {
		return nil, err
	}
	var all []*Chat
	for _, chats := range s.owners(in) {
		all = append(all, chats...)
	}
	items := []object{}
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		items = append(items, object{"stat_time": d.Unix(), "data": count(all, d, d.AddDate(0, 0, 1))})
	}
	return object{"items": items}, nil
}

func (s *Server) getContact(_ object, r *http.Request) (object, error) {
	c := s.contacts[r.URL.Query().Get("external_userid")]
	if c == nil {
		return nil, refuse{84061, "not external contact"}
	}
	follow := []object{}
	for _, by := range slices.Sorted(maps.Keys(c.By)) {
		way := 0
		if c.By[by] != "" {
			way = 1
		}
		tags := []object{}
		for _, t := range c.Tags[by] {
			tags = append(tags, object{"tag_id": t, "tag_name": s.tagName(t)})
		}
		follow = append(follow, object{"userid": by, "state": c.By[by], "add_way": way, "createtime": s.Now().Unix(), "tags": tags})
	}
	return object{"external_contact": object{"external_userid": c.ID, "name": c.Name, "type": 1, "unionid": "oz" + c.ID}, "follow_user": follow}, nil
}

func (s *Server) listContacts(_ object, r *http.Request) (object, error) {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(s.contacts)) {
		if _, ok := s.contacts[id].By[r.URL.Query().Get("userid")]; ok {
			ids = append(ids, id)
		}
	}
	if ids == nil {
		return nil, refuse{84061, "not external contact"}
	}
	return object{"external_userid": ids}, nil
}

func (s *Server) sendWelcome(in object, _ *http.Request) (object, error) {
	code := text(in, "welcome_code")
	w, ok := s.codes[code]
	if !ok || w.used || s.Now().Sub(w.at) > 20*time.Second {
		return nil, refuse{41051, "externaluser has started chatting"}
	}
	w.used = true
	s.codes[code] = w
	s.posted = append(s.posted, Posted{To: w.customer, Kind: "welcome", Text: text(inner(in, "text"), "content")})
	return nil, nil
}

func (s *Server) addMass(in object, _ *http.Request) (object, error) {
	chats, sender := texts(in, "chat_id_list"), text(in, "sender")
	if text(in, "chat_type") != "group" || sender == "" || len(chats) > 2000 {
		return nil, refuse{40058, "invalid chat_type, sender or chat_id_list"}
	}
	body := text(inner(in, "text"), "content")
	attachments, _ := in["attachments"].([]any)
	if len(body) > 4000 || len(attachments) > 9 || body == "" && len(attachments) == 0 {
		return nil, refuse{40058, "invalid content"}
	}
	m := &Mass{ID: s.id("msg"), Sender: sender, Text: body, Created: s.Now().Unix(), Status: map[string]int{}, SentAt: map[string]int64{}}
	fail := []string{}
	for _, id := range chats {
		if c := s.chats[id]; c == nil || c.Owner != sender {
			fail = append(fail, id)
			continue
		}
		m.Chats = append(m.Chats, id)
	}
	if len(m.Chats) == 0 {
		return nil, refuse{41048, "no customer to send"}
	}
	s.masses = append(s.masses, m)
	return object{"msgid": m.ID, "fail_list": fail}, nil
}

func (s *Server) mass(in object) (*Mass, error) {
	for _, m := range s.masses {
		if m.ID == text(in, "msgid") {
			return m, nil
		}
	}
	return nil, refuse{40058, "invalid msgid"}
}

func (s *Server) listMasses(in object, _ *http.Request) (object, error) {
	from, to := number(in, "start_time"), number(in, "end_time")
	if text(in, "chat_type") != "group" || to-from > 31*24*60*60 || to < from {
		return nil, refuse{40058, "invalid range"}
	}
	list := []object{}
	for _, m := range s.masses {
		if m.Created >= from && m.Created <= to {
			list = append(list, object{"msgid": m.ID, "creator": m.Sender, "create_time": m.Created, "create_type": 0, "text": object{"content": m.Text}})
		}
	}
	return object{"group_msg_list": list}, nil
}

func (s *Server) massTasks(in object, _ *http.Request) (object, error) {
	m, err := s.mass(in)
	if err != nil {
		return nil, err
	}
	task := object{"userid": m.Sender, "status": 2}
	for _, g := range m.Chats {
		if m.Status[g] == 0 {
			task["status"] = 0
		} else {
			task["send_time"] = m.SentAt[g]
		}
	}
	return object{"task_list": []object{task}}, nil
}

func (s *Server) massResults(in object, _ *http.Request) (object, error) {
	m, err := s.mass(in)
	if err != nil || text(in, "userid") != m.Sender {
		return nil, refuse{40058, "invalid msgid or userid"}
	}
	list := []object{}
	for _, g := range m.Chats {
		x := object{"chat_id": g, "userid": m.Sender, "status": m.Status[g]}
		if at := m.SentAt[g]; at != 0 {
			x["send_time"] = at
		}
		list = append(list, x)
	}
	return object{"send_list": list}, nil
}

func (s *Server) remindMass(in object, _ *http.Request) (object, error) {
	m, err := s.mass(in)
	if err != nil {
		return nil, err
	}
	now := s.Now().Unix()
	m.Reminded = slices.DeleteFunc(m.Reminded, func(at int64) bool { return now-at >= 24*60*60 })
	if m.Cancelled || len(m.Reminded) >= 3 {
		return nil, refuse{41093, "remind too often"}
	}
	m.Reminded = append(m.Reminded, now)
	return nil, nil
}

func (s *Server) cancelMass(in object, _ *http.Request) (object, error) {
	m, err := s.mass(in)
	if err != nil {
		return nil, err
	}
	m.Cancelled = true
	return nil, nil
}

func (s *Server) sendMessage(in object, _ *http.Request) (object, error) {
	if number(in, "agentid") != s.AgentID {
		return nil, refuse{40056, "invalid agentid"}
	}
	to := text(in, "touser")
	if to == "" || to == "nobody" {
		return object{"invaliduser": to}, refuse{81013, "user & party & tag all invalid"}
	}
	s.serial++
	p := Posted{To: to, Kind: text(in, "msgtype"), Text: body(in), ID: fmt.Sprintf("MSG%06d", s.serial)}
	s.posted = append(s.posted, p)
	return object{"msgid": p.ID}, nil
}

// body is what a message says: its text, or what stands for it.
func body(in object) string {
	m := inner(in, text(in, "msgtype"))
	if t := text(m, "content"); t != "" {
		return t
	}
	if t := text(m, "media_id"); t != "" {
		return t
	}
	articles, _ := m["articles"].([]any)
	for _, a := range articles {
		if x, ok := a.(object); ok {
			return text(x, "title")
		}
	}
	return ""
}

func (s *Server) recallMessage(in object, _ *http.Request) (object, error) {
	for i := range s.posted {
		if s.posted[i].ID == text(in, "msgid") {
			s.posted[i].Recalled = true
			return nil, nil
		}
	}
	return nil, refuse{40058, "invalid msgid"}
}

func (s *Server) createAppChat(in object, _ *http.Request) (object, error) {
	id, users := text(in, "chatid"), texts(in, "userlist")
	if len(users) < 2 || len(users) > 2000 {
		return nil, refuse{86006, "invalid userlist size"}
	}
	if id == "" {
		s.serial++
		id = fmt.Sprintf("appchat%06d", s.serial)
	}
	if s.apps[id] != nil {
		return nil, refuse{86215, "chatid exists"}
	}
	s.apps[id] = &AppChat{ID: id, Name: text(in, "name"), Owner: text(in, "owner"), Members: users}
	return object{"chatid": id}, nil
}

func (s *Server) appChat(id string) (*AppChat, error) {
	if c := s.apps[id]; c != nil {
		return c, nil
	}
	return nil, refuse{86003, "chatid not exist"}
}

func (s *Server) updateAppChat(in object, _ *http.Request) (object, error) {
	c, err := s.appChat(text(in, "chatid"))
	if err != nil {
		return nil, err
	}
	if n := text(in, "name"); n != "" {
		c.Name = n
	}
	if o := text(in, "owner"); o != "" {
		c.Owner = o
	}
	gone := texts(in, "del_user_list")
	c.Members = slices.DeleteFunc(c.Members, func(m string) bool { return slices.Contains(gone, m) })
	for _, m := range texts(in, "add_user_list") {
		if !slices.Contains(c.Members, m) {
			c.Members = append(c.Members, m)
		}
	}
	return nil, nil
}

func (s *Server) getAppChat(_ object, r *http.Request) (object, error) {
	c, err := s.appChat(r.URL.Query().Get("chatid"))
	if err != nil {
		return nil, err
	}
	return object{"chat_info": object{"chatid": c.ID, "name": c.Name, "owner": c.Owner, "userlist": slices.Clone(c.Members)}}, nil
}

func (s *Server) sendAppChat(in object, _ *http.Request) (object, error) {
	c, err := s.appChat(text(in, "chatid"))
	if err != nil {
		return nil, err
	}
	s.posted = append(s.posted, Posted{To: c.ID, Kind: text(in, "msgtype"), Text: body(in)})
	return nil, nil
}

func (s *Server) upload(_ object, r *http.Request) (object, error) {
	f, header, err := r.FormFile("media")
	if err != nil {
		return nil, refuse{41005, "media data missing"}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostBody))
	if err != nil || len(data) < 5 {
		return nil, refuse{40006, "invalid media size"}
	}
	s.serial++
	if r.URL.Path == "/cgi-bin/media/uploadimg" {
		return object{"url": fmt.Sprintf("https://wework.qpic.cn/simulated/%d", s.serial)}, nil
	}
	id := fmt.Sprintf("MEDIA-%s-%s-%d", r.URL.Query().Get("type"), header.Filename, s.serial)
	s.files[id] = data
	return object{"type": r.URL.Query().Get("type"), "media_id": id, "created_at": strconv.FormatInt(s.Now().Unix(), 10)}, nil
}

// plainly is the key under which an answer holds a file, which goes out as it is.
const plainly = "\x00file"

func (s *Server) download(_ object, r *http.Request) (object, error) {
	data, ok := s.files[r.URL.Query().Get("media_id")]
	if !ok {
		return nil, refuse{40007, "invalid media_id"}
	}
	return object{plainly: data}, nil
}
