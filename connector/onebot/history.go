package onebot

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

const (
	perPage   = 100 // asked for; implementations give 20 to 100
	mostPages = 500
)

// page is an answer to get_group_msg_history.
type page struct {
	Messages []json.RawMessage `json:"messages"`
}

// past is a message of a page.
type past struct {
	at  time.Time
	raw json.RawMessage
	seq scalar
	id  scalar
}

// Backfill reads a group's messages back, page by page from the newest, and emits
// them oldest first. Only messages are kept by the platform: who joined and left
// meanwhile is not told.
func (k *keeper) Backfill(ctx context.Context, group string, from, to time.Time, emit connector.Emit) error {
	if k.rooms.rights(group).history != connector.Machine {
		return community.Errorf(community.Unsupported, "the implementation does not read back")
	}
	id, err := k.dialect.id("group", group)
	if err != nil {
		return err
	}
	var all []past
	seen := map[scalar]bool{}
	var before scalar // the oldest message so far
	for range mostPages {
		params := map[string]any{"group_id": id, "count": perPage}
		if before != "" {
			params["message_seq"] = number(before)
		}
		var p page
		if err := k.learnFrom(ctx, historyAction, params, &p); err != nil {
			return err
		}
		fresh := readPage(p, seen)
		if len(fresh) == 0 {
			break
		}
		all = append(all, fresh...)
		oldest := slices.MinFunc(fresh, func(x, y past) int { return x.at.Compare(y.at) })
		if oldest.at.Before(from) {
			break
		}
		if before = oldest.seq; before == "" {
			before = oldest.id
		}
	}
	slices.SortStableFunc(all, func(x, y past) int { return x.at.Compare(y.at) })
	for _, m := range all {
		if m.at.Before(from) || !m.at.Before(to) {
			continue
		}
		if err := k.emitPast(ctx, group, m, emit); err != nil {
			return err
		}
	}
	return nil
}

// number is what JSON is to hold for a sequence, which some want as a number.
func number(s scalar) any {
	if n, err := whole("", string(s)); err == nil {
		return n
	}
	return string(s)
}

func readPage(p page, seen map[scalar]bool) (fresh []past) {
	for _, raw := range p.Messages {
		var e event11
		if json.Unmarshal(raw, &e) != nil {
			continue
		}
		at, ok := e.Time.time()
		if !ok || e.MessageID == "" || seen[e.MessageID] {
			continue
		}
		seen[e.MessageID] = true
		fresh = append(fresh, past{at: at, raw: raw, seq: e.MessageSeq, id: e.MessageID})
	}
	slices.SortStableFunc(fresh, func(x, y past) int { return x.at.Compare(y.at) })
	return fresh
}

func (k *keeper) emitPast(ctx context.Context, group string, m past, emit connector.Emit) error {
	var e event11
	if err := json.Unmarshal(m.raw, &e); err != nil {
		return err
	}
	e.PostType, e.MessageType, e.GroupID = "message", "group", scalar(group) // some leave them out here
	out := e.observe(m.raw, k.known())
	for i := range out {
		if out[i].FromUs {
			out[i].ActionKey = k.sent.key(group, out[i].ID)
		}
	}
	return wire.Store(ctx, emit, out...)
}
