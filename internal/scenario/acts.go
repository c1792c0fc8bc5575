package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/engine"
	"qunying/internal/store"
	"qunying/transcript"
)

// act is a sentence of the language.
type act struct {
	form  *regexp.Regexp
	do    func(ctx context.Context, c *call) error
	first bool // may begin a story
	down  bool // possible while the machine is down: it happens on the platform
	late  bool // may be heard of later
}

// call is a line at work.
type call struct {
	w     *world
	at    time.Time
	where int
	words []string
}

func sentence(form string) *regexp.Regexp { return regexp.MustCompile("^" + form + "$") }

// acts are the sentences, the most particular first. Names have no spaces.
var acts = slices.Concat([]act{
	{form: sentence(`at (\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?)(?: (\S+/\S+|UTC))?`), do: begin, first: true, down: true},
	{form: sentence(`wait`), do: func(context.Context, *call) error { return nil }, down: true},
	{form: sentence(`crash`), do: crash},
	{form: sentence(`restart`), do: restart, down: true},
	{form: sentence(`rebuild`), do: rebuild},
}, expectations, moderating, []act{
	{form: sentence(`group (\S+) on sim( as personal)?(?: with (.+))?`), do: group, down: true},
	{form: sentence(`setting (\S+) (\S+) (\{.*\})`), do: setting},
	{form: sentence(`setting for all (\S+) (\{.*\})`), do: settingForAll},
	{form: sentence(`broadcast to (\S+?)(?: in batch (\S+))?(?: at (\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?))?: (.+)`), do: broadcast},
	{form: sentence(`staff (removes|unmutes) (\S+) (?:from|in) (\S+)`), do: staffActs},
	{form: sentence(`staff mutes all in (\S+) for (\d+) minutes`), do: staffMutesAll},
	{form: sentence(`staff mutes (\S+) in (\S+) for (\d+) minutes`), do: staffMutes},
	{form: sentence(`staff announces in (\S+): (.+)`), do: staffAnnounces},
	{form: sentence(`staff cancels batch (\S+)`), do: cancelBatch},
	{form: sentence(`staff allows "(.+)" in (\S+)`), do: allow},
	{form: sentence(`task of (\S+) is (done|dropped)(?:: (.+))?`), do: closeTask},
	{form: sentence(`send to (\S+?)(?: at (\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?))?: (.+)`), do: send},
	{form: sentence(`import (\S+)(?: into (\S+?))?(?: in (\S+/\S+|UTC))?`), do: bring},
	{form: sentence(`members of (\S+) from (\S+)`), do: memberList},
	{form: sentence(`merge (\S+)(?: of (\S+))? and (\S+)(?: of (\S+))?`), do: merge},
	{form: sentence(`split (\S+)(?: of (\S+))?`), do: split},
	{form: sentence(`outage from (\d\d:\d\d(?::\d\d)?) to (?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d(?::\d\d)?)`), do: outage, down: true},
	{form: sentence(`disconnect`), do: onNetwork(func(n *sim.Network) { n.Disconnect() }), down: true},
	{form: sentence(`next send breaks off`), do: onNetwork(func(n *sim.Network) { n.CutMidSend() }), down: true},
	{form: sentence(`next echo is lost`), do: onNetwork(func(n *sim.Network) { n.DropEcho() }), down: true},
	{form: sentence(`next send fails`), do: onNetwork(func(n *sim.Network) {
		n.FailNext(1, community.Errorf(community.Unavailable, "the platform is busy"))
	}), down: true},
	{form: sentence(`redeliver (\d+) of (\S+)`), do: redeliver, down: true},
	{form: sentence(`(\S+) joins (\S+)(?: by qrcode| invited by (\S+))?`), do: joins, down: true, late: true},
	{form: sentence(`(\S+) leaves (\S+)(?: removed by (\S+))?`), do: leaves, down: true, late: true},
	{form: sentence(`(\S+) is now called (\S+) in (\S+)`), do: renames, down: true, late: true},
	{form: sentence(`(\S+) recalls "(.*)" in (\S+)`), do: recalls, down: true, late: true},
	{form: sentence(`(\S+) in (\S+) shows the code (\S+)`), do: shows, down: true, late: true},
	{form: sentence(`(\S+) in (\S+?): (.+)`), do: says, down: true, late: true},
})

func begin(ctx context.Context, c *call) error {
	w := c.w
	if c.words[2] != "" || w.zone == nil {
		if c.words[2] == "" {
			c.words[2] = "Asia/Shanghai"
		}
		zone, err := community.LoadZone(c.words[2])
		if err != nil {
			return err
		}
		w.zone = zone
	}
	t, err := moment{c.words[0], c.words[1]}.in(w.zone, time.Time{})
	if err != nil {
		return err
	}
	if w.engine == nil && w.clock.Now().IsZero() {
		w.clock.set(t)
		return w.start(ctx)
	}
	return w.moveTo(ctx, t)
}

// crash stops the machine. Nothing is tidied up that a stop by itself would not.
func crash(_ context.Context, c *call) error { return c.w.halt() }

func restart(ctx context.Context, c *call) error {
	if err := c.w.halt(); err != nil {
		return err
	}
	return c.w.start(ctx)
}

func rebuild(ctx context.Context, c *call) error {
	if err := c.w.pause(); err != nil {
		return err
	}
	if _, err := c.w.engine.Rebuild(ctx); err != nil {
		return err
	}
	return restart(ctx, c)
}

func (c *call) network() *sim.Network { return c.w.networks[c.where] }

func onNetwork(do func(*sim.Network)) func(context.Context, *call) error {
	return func(_ context.Context, c *call) error {
		do(c.network())
		return nil
	}
}

// member is the outside ID of somebody: the first name they had in the story.
func (c *call) member(name string) string {
	if id, ok := c.w.ids[c.key(name)]; ok {
		return id
	}
	c.w.ids[c.key(name)] = name
	return name
}

func (c *call) key(name string) string { return strconv.Itoa(c.where) + "/" + name }

func group(_ context.Context, c *call) error {
	var first []connector.Member
	for name := range strings.SplitSeq(c.words[2], ",") {
		if name = strings.TrimSpace(name); name != "" {
			first = append(first, connector.Member{ID: c.member(name), Name: name})
		}
	}
	if c.words[1] != "" {
		c.network().SetCapabilities(c.words[0], sim.PersonalCapabilities())
	}
	c.network().AddGroup(c.words[0], c.words[0], first...)
	return nil
}

// onSim says that a group is not one of the simulated network.
func (c *call) onSim(group string) error {
	if !slices.Contains(c.network().Groups(), group) {
		return community.Errorf(community.NotFound, "there is no group %s here", group).WithHint("write before: group %s on sim")
	}
	return nil
}

func says(_ context.Context, c *call) error {
	name, group, text := c.words[0], c.words[1], c.words[2]
	if err := c.onSim(group); err != nil {
		return err
	}
	message := c.network().Say(group, c.member(name), text, c.at)
	if message == "" {
		return community.Errorf(community.Forbidden, "%s is muted", name)
	}
	c.w.said[c.key(group+"/"+c.member(name)+"/"+text)] = message
	return nil
}

// shows posts a picture of a QR code.
func shows(_ context.Context, c *call) error {
	if err := c.onSim(c.words[1]); err != nil {
		return err
	}
	code, err := qrcode.NewQRCodeWriter().Encode(c.words[2], gozxing.BarcodeFormat_QR_CODE, 200, 200, nil)
	if err != nil {
		return err
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, code); err != nil {
		return err
	}
	c.network().Show(c.words[1], c.member(c.words[0]), picture.Bytes(), c.at)
	return nil
}

func recalls(_ context.Context, c *call) error {
	name, text, group := c.words[0], c.words[1], c.words[2]
	message, ok := c.w.said[c.key(group+"/"+c.member(name)+"/"+text)]
	if !ok {
		return community.Errorf(community.NotFound, "%s has not said %q in %s", name, text, group)
	}
	c.network().Recall(group, message, c.at)
	return nil
}

func joins(_ context.Context, c *call) error {
	if err := c.onSim(c.words[1]); err != nil {
		return err
	}
	inviter := ""
	if c.words[2] != "" {
		inviter = c.member(c.words[2])
	}
	c.network().Join(c.words[1], c.member(c.words[0]), inviter, c.at)
	return nil
}

func leaves(_ context.Context, c *call) error {
	if err := c.onSim(c.words[1]); err != nil {
		return err
	}
	remover := ""
	if c.words[2] != "" {
		remover = c.member(c.words[2])
	}
	c.network().Leave(c.words[1], c.member(c.words[0]), remover, c.at)
	return nil
}

func renames(_ context.Context, c *call) error {
	old, name, group := c.words[0], c.words[1], c.words[2]
	if err := c.onSim(group); err != nil {
		return err
	}
	who := c.member(old)
	delete(c.w.ids, c.key(old))
	c.w.ids[c.key(name)] = who
	c.network().Rename(group, who, name, c.at)
	return nil
}

func outage(_ context.Context, c *call) error {
	from, err := moment{"", c.words[0]}.in(c.w.zone, c.at)
	if err != nil {
		return err
	}
	to, err := moment{c.words[1], c.words[2]}.in(c.w.zone, c.at)
	if err != nil {
		return err
	}
	c.network().Outage(from, to)
	return nil
}

func redeliver(_ context.Context, c *call) error {
	n, err := strconv.Atoi(c.words[0])
	if err != nil {
		return err
	}
	c.network().Redeliver(c.words[1], n)
	return nil
}

// find finds the group that people call by a name, wherever it is.
func (c *call) find(ctx context.Context, name string) (found community.Group, err error) {
	err = c.w.each(func(in community.ID) error {
		return c.w.db.Read(ctx, func(q store.Querier) error {
			list, err := store.Groups(ctx, q, in)
			for _, g := range list {
				if g.Name != name && g.OutsideID != name {
					continue
				}
				if found.ID != 0 {
					return community.Errorf(community.Conflict, "two groups are called %s", name)
				}
				found = g
			}
			return err
		})
	})
	if err == nil && found.ID == 0 {
		err = community.Errorf(community.NotFound, "the machine knows no group %s", name)
	}
	return found, err
}

func setting(ctx context.Context, c *call) error {
	g, err := c.find(ctx, c.words[0])
	if err != nil {
		return err
	}
	var old store.Setting
	if err := c.w.db.Read(ctx, func(q store.Querier) error {
		old, _, err = store.SettingAt(ctx, q, g.Community, g.ID, c.words[1], 0)
		return err
	}); err != nil {
		return err
	}
	if !json.Valid([]byte(c.words[2])) {
		return community.Errorf(community.Invalid, "%s is not JSON", c.words[2])
	}
	return c.w.engine.SaveSetting(ctx, g.Community, g.ID, c.words[1], json.RawMessage(c.words[2]), old.Version, 0)
}

// command gives an order as staff does, under a key of its own.
func (c *call) command(ctx context.Context, in community.ID, cmd engine.Command) error {
	c.w.commands++
	cmd.Key = fmt.Sprintf("story-%d", c.w.commands)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := c.w.engine.Do(ctx, in, cmd)
	return err
}

func send(ctx context.Context, c *call) error {
	g, err := c.find(ctx, c.words[0])
	if err != nil {
		return err
	}
	cmd := engine.Command{Kind: community.MessageSend, Group: g.ID, Text: c.words[3]}
	if c.words[1] != "" {
		if cmd.At, err = (moment{c.words[1], c.words[2]}).in(c.w.zone, c.at); err != nil {
			return err
		}
	}
	return c.command(ctx, g.Community, cmd)
}

func bring(ctx context.Context, c *call) error {
	o := engine.ImportOptions{Path: filepath.Join(c.w.o.Dir, c.words[0]), Name: c.words[0], GroupAs: engine.GroupFromFile(c.words[0]), Zone: c.w.zone}
	if _, ok := c.w.story.Files[c.words[0]]; !ok {
		return community.Errorf(community.NotFound, "the story has no file %s", c.words[0]).WithHint("put it at the end, under a line: -- " + c.words[0] + " --")
	}
	in := c.w.id(c.where)
	if c.words[1] != "" {
		g, err := c.find(ctx, c.words[1])
		if err != nil {
			return err
		}
		o.Group, in = g.ID, g.Community
	}
	if c.words[2] != "" {
		zone, err := community.LoadZone(c.words[2])
		if err != nil {
			return err
		}
		o.Zone = zone
	}
	var err error
	c.w.imported, err = c.w.engine.Import(ctx, in, o)
	return err
}

func memberList(ctx context.Context, c *call) error {
	list, err := transcript.ReadRoster(filepath.Join(c.w.o.Dir, c.words[1]), transcript.Options{Zone: c.w.zone})
	if err != nil {
		return err
	}
	in := c.w.id(c.where)
	g, err := c.w.engine.GroupNamed(ctx, in, c.words[0], c.w.places[c.where].zone)
	if err != nil {
		return err
	}
	_, err = c.w.engine.Roster(ctx, in, engine.RosterInput{Group: g, At: c.at, Members: list.Members, Apply: true})
	return err
}

// identity finds who is meant: a member of the platform, or a name in one group.
func (c *call) identity(ctx context.Context, name, group string) (id community.IdentityID, err error) {
	in := c.w.id(c.where)
	err = c.w.db.Read(ctx, func(q store.Querier) error {
		if group == "" {
			var err error
			id, err = store.IdentityByOutside(ctx, q, in, sim.Driver{}.Network(), 0, c.member(name))
			return err
		}
		groups, err := store.Groups(ctx, q, in)
		for _, g := range groups {
			if g.Name != group && g.OutsideID != group || err != nil {
				continue
			}
			id, err = store.IdentityByOutside(ctx, q, in, g.Network, g.ID, name)
		}
		return err
	})
	if err == nil && id == 0 {
		err = community.Errorf(community.NotFound, "the machine knows nobody called %s", name).WithHint("of somebody who was only imported say the group: 小李 of 旧群")
	}
	return id, err
}

func merge(ctx context.Context, c *call) error {
	a, err := c.identity(ctx, c.words[0], c.words[1])
	if err != nil {
		return err
	}
	b, err := c.identity(ctx, c.words[2], c.words[3])
	if err != nil {
		return err
	}
	return c.command(ctx, c.w.id(c.where), engine.Command{Kind: community.PersonMerge, Targets: []community.IdentityID{a, b}})
}

func split(ctx context.Context, c *call) error {
	a, err := c.identity(ctx, c.words[0], c.words[1])
	if err != nil {
		return err
	}
	return c.command(ctx, c.w.id(c.where), engine.Command{Kind: community.PersonSplit, Targets: []community.IdentityID{a}})
}
