package satori

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// groupID is the outside ID of the group that a channel is: the channel's, where
// the guild has the same or there is none, otherwise guild/channel.
func groupID(guild, channel id) string {
	if guild == "" || guild == channel {
		return escapeID(channel)
	}
	return escapeID(guild) + "/" + escapeID(channel)
}

var (
	escapeSlash   = strings.NewReplacer("%", "%25", "/", "%2F")
	unescapeSlash = strings.NewReplacer("%25", "%", "%2F", "/")
)

func escapeID(s id) string   { return escapeSlash.Replace(string(s)) }
func unescapeID(s string) id { return id(unescapeSlash.Replace(s)) }

// placeOf undoes groupID.
func placeOf(group string) (guild, channel id) {
	g, c, ok := strings.Cut(group, "/")
	if !ok {
		c = g
	}
	return unescapeID(g), unescapeID(c)
}

// Bounds of what is remembered of guilds.
const (
	mostGuilds   = 5_000
	mostChannels = 500 // of one guild
	roomsFresh   = 10 * time.Minute
	roomsRetry   = time.Minute // after channels could not be listed
)

// rooms remembers which channels a guild has, and what groups are called.
type rooms struct {
	mu     sync.Mutex
	guilds map[id]*guildRooms
	of     map[id]id         // guild of a channel
	names  map[string]string // of groups, as events told them
}

type guildRooms struct {
	channels map[id]bool
	asked    time.Time // when to ask anew
}

func newRooms() *rooms {
	return &rooms{guilds: map[id]*guildRooms{}, of: map[id]id{}, names: map[string]string{}}
}

func (r *rooms) guild(g id) *guildRooms {
	x := r.guilds[g]
	if x == nil {
		if len(r.guilds) >= mostGuilds {
			clear(r.guilds)
			clear(r.of)
		}
		x = &guildRooms{channels: map[id]bool{}}
		r.guilds[g] = x
	}
	return x
}

// see notes that a channel is of a guild.
func (r *rooms) see(g, c id) {
	if g == "" {
		g = c
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if x := r.guild(g); !x.channels[c] && len(x.channels) < mostChannels {
		x.channels[c] = true
		r.of[c] = g
	}
}

// call notes what a group is called and says whether that is another name than
// the one before, if one was known.
func (r *rooms) call(group, name string) (changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names[group] == name {
		return false
	}
	if len(r.names) >= mostGuilds {
		clear(r.names)
	}
	r.names[group] = name
	return true
}

// guildOf is the guild of a channel of which an event does not tell it, "" where
// it was never told.
func (r *rooms) guildOf(c id) id {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of[c]
}

// forget a channel that is gone, or with "" all of the guild.
func (r *rooms) forget(g, c id) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c == "" || c == g {
		delete(r.guilds, g)
		return
	}
	if x := r.guilds[g]; x != nil {
		delete(x.channels, c)
	}
	delete(r.of, c)
}

// within are the groups of a guild: what happens to the guild happens in each.
// Where its channels are not known, list is asked; where nobody tells, the guild
// stands for its one channel.
func (r *rooms) within(ctx context.Context, g id, now time.Time, list func(context.Context, id) ([]channel, error)) []string {
	r.mu.Lock()
	ask := now.After(r.guild(g).asked)
	r.mu.Unlock()
	if ask {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		channels, err := list(ctx, g)
		cancel()
		again := roomsFresh
		if err != nil {
			again = roomsRetry
		}
		for _, c := range channels {
			if c.Type != categoryChannel && c.Type != directChannel {
				r.see(g, c.ID)
			}
		}
		r.mu.Lock()
		r.guild(g).asked = now.Add(again)
		r.mu.Unlock()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for c := range r.guild(g).channels {
		out = append(out, groupID(g, c))
	}
	if len(out) == 0 {
		return []string{groupID(g, g)}
	}
	slices.Sort(out)
	return out
}
