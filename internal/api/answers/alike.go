package answers

import (
	"context"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	peopledb "qunying/internal/store/people"
)

// AlikeSets answers a page of all who may be the same person.
func (r *Reader) AlikeSets(ctx context.Context, c community.ID, after api.Place, limit int) (a api.AlikeSetsAnswer, next api.Place, err error) {
	a.Sets = []api.AlikeSet{}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		links, err := insightdb.LinksNow(ctx, q, c)
		if err != nil {
			return err
		}
		staff, err := r.staff(ctx, q, c)
		if err != nil {
			return err
		}
		list, place, err := peopledb.AlikeSets(ctx, q, c, links, peopledb.AlikePlace{Stage: int(after.Number), After: after.Text}, limit)
		if err != nil {
			return err
		}
		next = api.Place{Number: int64(place.Stage), Text: place.After}
		for _, s := range list {
			var lines []peopledb.Line
			for _, p := range s.People {
				line, err := peopledb.SumsOf(ctx, q, c, p)
				if err != nil {
					return err
				}
				lines = append(lines, line)
			}
			people, err := personLines(ctx, q, c, links, lines, staff)
			if err != nil {
				return err
			}
			a.Sets = append(a.Sets, api.AlikeSet{Reason: s.Reason, Detail: s.Detail, Shared: s.Shared, People: people})
		}
		return nil
	})
	return a, next, err
}
