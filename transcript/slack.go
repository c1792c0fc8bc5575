package transcript

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"qunying/community"
)

// A Slack export is a zip: users.json and channels.json, and of every channel a
// folder with a file a day.

// lists are files of an archive that say how people and groups of others are
// called, and such as hold no messages; they are read before the rest.
var lists = []string{"users.json", "channels.json", "groups.json", "mpims.json", "dms.json", "org_users.json", "manifest.json",
	"integration_logs.json", "canvases.json", "lists.json", "huddle_transcripts.json", "file_conversations.json"}

// named are those of them that name groups.
var named = lists[1:5]

// isList says that a member of an archive is such a file, at its top or one
// folder below.
func isList(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	return strings.Count(name, "/") <= 1 && slices.Contains(lists, path.Base(name))
}

// mostNames bounds how many people and groups of an archive are remembered.
const mostNames = 500_000

// directory is what an archive's lists have said.
type directory struct {
	people map[string]string // names by ID
	groups map[string]string // IDs by name
	chat   *qqChatInfo
	// channels are those that IRC logs name.
	channels map[string]bool
}

func newDirectory() *directory {
	return &directory{people: map[string]string{}, groups: map[string]string{}, channels: map[string]bool{}}
}

type slackEntry struct {
	// Of a person or a channel.
	ID       loose `json:"id"`
	Name     loose `json:"name"`
	RealName loose `json:"real_name"`
	Profile  struct {
		Display loose `json:"display_name"`
		Real    loose `json:"real_name"`
	} `json:"profile"`

	// Of a message.
	TS        loose `json:"ts"`
	Type      loose `json:"type"`
	Subtype   loose `json:"subtype"`
	User      loose `json:"user"`
	Username  loose `json:"username"`
	BotID     loose `json:"bot_id"`
	Text      loose `json:"text"`
	Thread    loose `json:"thread_ts"`
	Inviter   loose `json:"inviter"`
	NewName   loose `json:"new_name"`
	UserShown struct {
		Display loose `json:"display_name"`
		Real    loose `json:"real_name"`
		Name    loose `json:"name"`
	} `json:"user_profile"`
	Files []struct {
		Name loose `json:"name"`
		Mime loose `json:"mimetype"`
	} `json:"files"`
}

func knowsSlack(in *input) bool {
	head := strings.TrimLeft(string(in.head), " \t\r\n")
	if !strings.HasPrefix(head, "[") {
		return false
	}
	return in.packed && isList(in.file) || in.hasAll("[", "ts", "type", "text") && strings.Contains(head, `"message"`)
}

func readSlack(in *input, out *output) error {
	d := newDocument(in)
	list := in.packed && isList(in.file)
	people := strings.HasSuffix(in.file, "users.json")
	group := slackGroup(in)
	err := rows(d, out, func(line int, raw string, e *slackEntry) error {
		switch {
		case list && people:
			if len(in.names.people) < mostNames && e.ID != "" {
				in.names.people[string(e.ID)] = firstOf(e.Profile.Display, e.Profile.Real, e.RealName, e.Name)
			}
			return nil
		case list:
			if slices.Contains(named, path.Base(in.file)) && len(in.names.groups) < mostNames && e.ID != "" && e.Name != "" {
				in.names.groups[string(e.Name)] = string(e.ID)
			}
			return nil
		}
		r := Record{Line: line, Kind: community.MessagePosted, Network: Slack, GroupID: in.names.groups[group], GroupName: group, Raw: raw}
		return e.write(in, out, r)
	})
	if err != nil {
		return err
	}
	return d.end()
}

// slackGroup is the channel: the folder that the day's file is in.
func slackGroup(in *input) string {
	if in.opts.Group != "" && !in.packed {
		return in.opts.Group
	}
	if dir := path.Base(path.Dir(strings.ReplaceAll(in.file, `\`, "/"))); dir != "." && dir != "/" {
		return dir
	}
	return in.groupName()
}

// firstOf is the first of several names that is not empty.
func firstOf(names ...loose) string {
	for _, n := range names {
		if n != "" {
			return string(n)
		}
	}
	return ""
}

func (e *slackEntry) write(in *input, out *output, r Record) error {
	st, ok := parseStamp(string(e.TS))
	if !ok || !st.instant {
		return out.reject(r.Line, r.Raw, badTime, "ts is Unix seconds with a fraction")
	}
	r.At, r.Precision = st.at, st.precision
	r.MessageID, r.SenderID = string(e.TS), firstOf(e.User, e.BotID)
	r.SenderName = firstOf(loose(in.names.people[string(e.User)]), e.UserShown.Display, e.UserShown.Real, e.UserShown.Name, e.Username)
	if e.Thread != "" && e.Thread != e.TS {
		r.ReplyTo = string(e.Thread)
	}
	r.setText(in.names.slackText(string(e.Text)))
	switch e.Subtype {
	case "channel_join", "group_join":
		way := "direct"
		if e.Inviter != "" {
			way, r.OperatorID, r.OperatorName = "invite", string(e.Inviter), in.names.people[string(e.Inviter)]
		}
		return out.record(membership(r, community.MemberJoined, way))
	case "channel_leave", "group_leave":
		return out.record(membership(r, community.MemberLeft, "direct"))
	case "channel_name", "group_name":
		r.Kind, r.Mentions, r.MentionAll = community.GroupRenamed, nil, false
		if e.NewName == "" {
			e.NewName = e.Name
		}
		r.Text = string(e.NewName)
		return out.record(r)
	case "", "bot_message", "file_share", "me_message", "thread_broadcast", "reply_broadcast":
		r.Content = community.Text
		if len(e.Files) > 0 {
			r.Content = fileContent(string(e.Files[0].Name), string(e.Files[0].Mime))
			if r.Text == "" {
				r.Text = string(e.Files[0].Name)
			}
		}
		if e.Subtype == "bot_message" {
			r.set("bot", "true")
		}
		return out.record(r)
	}
	r.Kind, r.Mentions, r.MentionAll = community.PlatformOther, nil, false
	r.set("type", string(e.Subtype))
	return out.record(r)
}

// slackMark is what stands between < and > in its texts.
var slackMark = regexp.MustCompile(`<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>`)

var slackSigns = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// slackText writes a text as people saw it.
func (names *directory) slackText(s string) string {
	s = slackMark.ReplaceAllStringFunc(s, func(mark string) string {
		m := slackMark.FindStringSubmatch(mark)
		sign, what, label := m[1], m[2], m[3]
		switch sign {
		case "@":
			if name := names.people[what]; name != "" {
				label = name
			} else if label == "" {
				label = what
			}
			return "@" + label
		case "#":
			if label == "" {
				label = what
			}
			return "#" + label
		case "!":
			switch what {
			case "channel", "here", "everyone":
				return "@all"
			}
			if label != "" {
				return label
			}
			return "@" + what
		}
		if label != "" && label != what {
			return label + " (" + what + ")"
		}
		return what
	})
	return slackSigns.Replace(s)
}
