package peopledb

import (
	"cmp"
	"context"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// Listed says that an event told of an identity without a name: it stood on a member
// list, or its message is not kept any more.
type Listed struct {
	Identity community.IdentityID
	At       int64 // ms
}

// heard is that somebody was called so, for the last time, to the day.
type heard struct {
	name string
	at   int64 // ms
}

// calledThen says what those listed were called at the time, as far as that is known.
// They come by identity.
func calledThen(ctx context.Context, q store.Querier, c community.ID, list []Listed) ([]Called, error) {
	var ids []community.IdentityID
	for _, l := range list {
		ids = append(ids, l.Identity)
	}
	ids = slices.Compact(ids)
	names, err := heardOf(ctx, q, c, ids)
	if err != nil {
		return nil, err
	}
	now, err := store.Identities(ctx, q, c, ids)
	if err != nil {
		return nil, err
	}
	var called []Called
	for _, l := range list {
		name := ""
		if i, ok := now[l.Identity]; ok {
			name = cmp.Or(nameAt(names[l.Identity], l.At), nameOutside(i))
		}
		if name != "" {
			day := community.DayOf(time.UnixMilli(l.At), time.UTC)
			called = append(called, Called{l.Identity, name, day, day})
		}
	}
	return called, nil
}

// heardOf lists the names of identities by when they were heard last.
func heardOf(ctx context.Context, q store.Querier, c community.ID, ids []community.IdentityID) (map[community.IdentityID][]heard, error) {
	all := map[community.IdentityID][]heard{}
	for part := range slices.Chunk(ids, 1024) {
		places, args := store.Listed([]any{int64(c)}, part)
		if err := each(ctx, q, func(scan func(...any) error) error {
			var id uint32
			var h heard
			err := scan(&id, &h.name, &h.at)
			all[community.IdentityID(id)] = append(all[community.IdentityID(id)], h)
			return err
		}, `SELECT identity_id, name, named_at FROM former_name WHERE community_id = $1 AND identity_id IN `+places+`
			UNION ALL SELECT identity_id, name, named_at FROM identity WHERE community_id = $1 AND name <> '' AND identity_id IN `+places+` ORDER BY named_at, name`, args...); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// nameAt is which of the names was borne at a time: the last that was heard by then,
// or on that day, as one is dated once a day only; else the next that was heard.
func nameAt(names []heard, at int64) string {
	for i, h := range names {
		if over := i+1 < len(names) && names[i+1].at <= at; !over && (at < h.at+24*3600*1000 || i+1 == len(names)) {
			return h.name
		}
	}
	return ""
}
