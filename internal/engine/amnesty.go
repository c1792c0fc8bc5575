package engine

import (
	"cmp"
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// Amnesty is the answer to a pardon of many, and to the undoing of one.
type Amnesty struct {
	Seq     community.Seq `json:"seq"` // of the amnesty
	Members int           `json:"members"`
	Strikes int           `json:"strikes"`
}

// Pardonable are the strikes that an amnesty would forgive, of all that stand.
func Pardonable(standing []casework.Strike, cmd *casework.Command) []casework.Strike {
	return slices.DeleteFunc(slices.Clone(standing), func(s casework.Strike) bool {
		return cmd.Before > 0 && s.At.UnixMilli() >= cmd.Before || len(cmd.Groups) > 0 && !slices.Contains(cmd.Groups, s.Group)
	})
}

// amnesty forgives strikes of many at once.
func (d *decider) amnesty(ev *community.Event, cmd *casework.Command, fx *effects) (any, error) {
	var all []casework.Strike
	for _, list := range d.docket.strikes {
		all = append(all, Pardonable(list, cmd)...)
	}
	slices.SortFunc(all, func(a, b casework.Strike) int { return cmp.Compare(a.ID, b.ID) })
	out := Amnesty{Seq: ev.Seq, Members: writersOf(all), Strikes: len(all)}
	for _, s := range all {
		s.Delta, s.At, s.CauseSeq, s.Why = -1, ev.LoggedAt, ev.Seq, casework.Amnesty
		fx.records = append(fx.records, func(tx *store.Tx) error { return d.strike(tx, ev.Community, s) })
	}
	if len(all) > 0 {
		fx.records = append(fx.records, func(tx *store.Tx) error {
			return recordPlain(tx, ev, "pardon", int64(ev.Seq), 0, map[string]any{"staff": staffOf(ev), "what": casework.Amnesty, "groups": cmd.Groups, "before": cmd.Before,
				"members": out.Members, "strikes": out.Strikes}, cmd.Note)
		})
	}
	return out, nil
}

// undoAmnesty gives back what an amnesty forgave, each strike as of when it was got,
// but for those that were given back or taken since by something else.
func (d *decider) undoAmnesty(ctx context.Context, q store.Querier, ev *community.Event, cmd *casework.Command, fx *effects) (any, error) {
	all, err := cases.ForgivenBy(ctx, q, ev.Community, cmd.Seq, casework.Amnesty)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, community.Errorf(community.Conflict, "there is nothing to give back").WithHint("it was no amnesty, or it was undone already")
	}
	out := Amnesty{Seq: cmd.Seq, Members: writersOf(all), Strikes: len(all)}
	for _, s := range all {
		s.CauseSeq, s.Why = ev.Seq, casework.Undo
		fx.records = append(fx.records, func(tx *store.Tx) error { return d.strike(tx, ev.Community, s) })
	}
	fx.records = append(fx.records, func(tx *store.Tx) error {
		return recordPlain(tx, ev, "pardon", int64(ev.Seq), 0, map[string]any{"staff": staffOf(ev), "what": casework.Undo, "amnesty": cmd.Seq, "members": out.Members, "strikes": out.Strikes}, cmd.Note)
	})
	return out, nil
}

// writersOf counts who got strikes.
func writersOf(list []casework.Strike) int {
	who := map[community.IdentityID]bool{}
	for _, s := range list {
		who[s.Identity] = true
	}
	return len(who)
}
