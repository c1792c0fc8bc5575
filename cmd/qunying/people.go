package main

import (
	"context"
	"encoding/json"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/store"
	peopledb "qunying/internal/store/people"
)

// everybody reads what is known of people, and keeps who of them are not one.
type everybody struct {
	*answers.Reader
	console *console
}

// SayApart keeps that people are not one, or takes that back.
func (c everybody) SayApart(ctx context.Context, id community.ID, in api.ApartInput, by community.StaffID) (a api.Answer, err error) {
	for _, p := range in.People {
		if _, err := c.Person(ctx, id, p); err != nil {
			return a, err
		}
	}
	what, err := json.Marshal(in)
	if err != nil {
		return a, err
	}
	if err := c.console.db.Write(ctx, func(tx *store.Tx) error {
		at := c.console.now().UnixMilli()
		if err := peopledb.SayApart(tx, id, in.People, in.Apart, by, at); err != nil {
			return err
		}
		return tx.Audit(id, by, at, "people.apart", "", "", string(what))
	}); err != nil {
		return a, err
	}
	return c.console.asOf(ctx, id)
}
