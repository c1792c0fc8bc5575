package transcript

import (
	"regexp"
	"slices"
	"strings"

	"qunying/community"
)

// DiscordChatExporter writes CSV and JSON, one file a channel.

var discordColumns = []string{"AuthorID", "Author", "Date", "Content", "Attachments", "Reactions"}

func knowsDiscordCSV(in *input) bool {
	line, ok := in.headerLine()
	return ok && slices.Equal(splitHeader(line, ','), discordColumns)
}

// discordFile is how it names files: "Guild - Category - channel [id] (part)".
var discordFile = regexp.MustCompile(`^(.*?)\s*\[(\d{5,20})\][^\[\]]*$`)

func readDiscordCSV(in *input, out *output) error {
	t := newTable(in, ',')
	header, err := t.header(in)
	if err != nil {
		return err
	}
	if !slices.Equal(header, discordColumns) {
		return invalidHeader(in, "its columns are not those of DiscordChatExporter")
	}
	group, id := in.groupName(), ""
	if m := discordFile.FindStringSubmatch(group); m != nil {
		group, id = m[1], m[2]
	}
	return t.rows(in, out, len(header), func() error {
		f := t.fields
		st, ok := parseStamp(f[2])
		if !ok {
			return out.reject(t.line, t.raw, badTime, "export with a time format that has a year first, such as the default of newer versions")
		}
		r := Record{Line: t.line, Kind: community.MessagePosted, Precision: st.precision, Network: Discord, GroupID: id, GroupName: group,
			SenderID: f[0], SenderName: discordName(f[1], ""), Raw: t.raw}
		var err error
		if r.At, err = st.in(in); err != nil {
			return err
		}
		r.setText(f[3])
		r.Content = community.Text
		if f[4] != "" {
			first, _, _ := strings.Cut(f[4], ",")
			r.Content = fileContent(first, "")
			r.set("attachments", f[4])
		}
		return out.record(r)
	})
}

// discordName leaves out the number that old names carry: name#1234, name#0000.
func discordName(name, discriminator string) string {
	if i := strings.LastIndexByte(name, '#'); i > 0 && discriminator == "" && len(name)-i == 5 && strings.Trim(name[i+1:], "0123456789") == "" {
		return name[:i]
	}
	return name
}

type discordMessage struct {
	ID      loose `json:"id"`
	Type    loose `json:"type"`
	At      loose `json:"timestamp"`
	Content loose `json:"content"`
	Author  struct {
		ID       loose `json:"id"`
		Name     loose `json:"name"`
		Nickname loose `json:"nickname"`
		Bot      loose `json:"isBot"`
	} `json:"author"`
	Attachments []struct {
		Name loose `json:"fileName"`
		URL  loose `json:"url"`
	} `json:"attachments"`
	Embeds   []struct{} `json:"embeds"`
	Stickers []struct{} `json:"stickers"`
	Mentions []struct {
		ID   loose `json:"id"`
		Name loose `json:"name"`
		Nick loose `json:"nickname"`
	} `json:"mentions"`
	Reference struct {
		Message loose `json:"messageId"`
	} `json:"reference"`
}

func knowsDiscordJSON(in *input) bool {
	return in.hasAll("{", "guild", "channel", "messages") && (in.hasAll("{", "dateRange") || in.hasAll("{", "exportedAt"))
}

func readDiscordJSON(in *input, out *output) error {
	d := newDocument(in)
	var guild, channel struct {
		ID   loose `json:"id"`
		Name loose `json:"name"`
	}
	err := d.object(func(key string) error {
		switch key {
		case "guild":
			return d.into(&guild)
		case "channel":
			return d.into(&channel)
		case "messages":
			name := strings.TrimSpace(string(guild.Name) + " #" + string(channel.Name))
			if channel.Name == "" {
				name = in.groupName()
			}
			return rows(d, out, func(line int, raw string, m *discordMessage) error {
				r := Record{Line: line, Kind: community.MessagePosted, Network: Discord, GroupID: string(channel.ID), GroupName: name, MessageID: string(m.ID), Raw: raw}
				return m.write(in, out, r)
			})
		}
		return d.skip()
	})
	if err != nil {
		return err
	}
	return d.end()
}

func (m *discordMessage) write(in *input, out *output, r Record) error {
	var ok bool
	var err error
	if r.At, r.Precision, ok, err = looseAt(in, m.At); err != nil {
		return err
	} else if !ok {
		return out.reject(r.Line, r.Raw, badTime, timeHint)
	}
	r.SenderID, r.SenderName = string(m.Author.ID), string(m.Author.Nickname)
	if r.SenderName == "" {
		r.SenderName = string(m.Author.Name)
	}
	if m.Author.Bot.yes() {
		r.set("bot", "true")
	}
	r.setText(string(m.Content))
	switch m.Type {
	case "Default", "Reply", "0", "19", "20", "23", "ChatInputCommand", "ContextMenuCommand", "ApplicationCommand", "":
		r.ReplyTo = string(m.Reference.Message)
		r.Content = m.content()
		return out.record(r)
	case "GuildMemberJoin", "UserJoin", "7":
		return out.record(membership(r, community.MemberJoined, "direct"))
	case "RecipientAdd", "RecipientRemove", "1", "2":
		return out.all(m.recipients(r))
	case "ChannelNameChange", "4":
		r.Kind, r.Mentions, r.MentionAll = community.GroupRenamed, nil, false
		return out.record(r)
	}
	r.Kind, r.Mentions, r.MentionAll = community.PlatformOther, nil, false
	r.set("type", string(m.Type))
	return out.record(r)
}

// recipients are who came into a private group or went out of it.
func (m *discordMessage) recipients(r Record) []Record {
	kind, way := community.MemberJoined, "invite"
	if m.Type == "RecipientRemove" || m.Type == "2" {
		kind, way = community.MemberLeft, "removed"
	}
	var list []Record
	for _, who := range m.Mentions {
		one, how := r, way
		if who.ID != m.Author.ID {
			one.OperatorID, one.OperatorName = r.SenderID, r.SenderName
		} else {
			how = "direct"
		}
		one.SenderID, one.SenderName = string(who.ID), string(who.Nick)
		if one.SenderName == "" {
			one.SenderName = string(who.Name)
		}
		list = append(list, membership(one, kind, how))
	}
	if len(list) == 0 {
		r.Kind, r.Mentions, r.MentionAll = community.PlatformOther, nil, false
		r.set("type", string(m.Type))
		list = append(list, r)
	}
	return list
}

func (m *discordMessage) content() community.Content {
	switch {
	case len(m.Attachments) > 0:
		name := m.Attachments[0].Name
		if name == "" {
			name = m.Attachments[0].URL
		}
		return fileContent(string(name), "")
	case len(m.Stickers) > 0:
		return community.Sticker
	case m.Content == "" && len(m.Embeds) > 0:
		return community.Link
	}
	return community.Text
}
