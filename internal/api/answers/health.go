package answers

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// Health answers how a group is doing.
func (r *Reader) Health(ctx context.Context, c community.ID, g community.GroupID) (a api.HealthAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		h, err := r.bands.HealthOf(ctx, q, c, g, r.Now())
		if err != nil {
			return err
		}
		a.Group, a.Name, a.Type = h.ID, h.Name, string(h.Type)
		a.Period, a.Worst, a.Lever = api.Period(h.Span), h.Worst, string(h.Lever)
		a.Counts = map[string]int{}
		for band, n := range h.Counts {
			a.Counts[string(band)] = n
		}
		_, history, _, err := r.history(ctx, q, c, g)
		if err != nil {
			return err
		}
		founded, err := foundedOn(ctx, q, c, g)
		if err != nil {
			return err
		}
		if st, ok := history.Stage(history.LastWhole(), founded); ok {
			since := "heard"
			if st.Founded {
				since = "founded"
			}
			a.Stage = &api.StageView{Age: st.Age, Since: since, ByAge: string(st.ByAge), Course: string(st.Course), Change: st.Change, Differs: st.Differs}
		}
		a.Readings = []api.BandReading{}
		for _, m := range h.Readings {
			a.Readings = append(a.Readings, readingOf(m))
		}
		return nil
	})
	return a, err
}

// foundedOn is the day on which a group was made, nil where its profile does not say.
func foundedOn(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) (*community.Day, error) {
	is, found, err := store.SettingAt(ctx, q, c, g, insight.ProfileKey, 0)
	if err != nil || !found {
		return nil, err
	}
	var p insight.Profile
	if json.Unmarshal([]byte(is.Value), &p) != nil {
		return nil, nil //nolint:nilerr // a profile that cannot be read says no day
	}
	return p.Founded, nil
}

// MembersNow is how many members a group has now, nil where no member list is known.
// It fails with NotFound where there is no such group.
func (r *Reader) MembersNow(ctx context.Context, c community.ID, g community.GroupID) (n *int64, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		head, h, _, err := r.history(ctx, q, c, g)
		if err != nil {
			return err
		}
		if members, ok := h.Members(community.DayOf(r.Now(), head.Zone)); ok {
			count := int64(members)
			n = &count
		}
		return nil
	})
	return n, err
}

func readingOf(m insight.Reading) api.BandReading {
	v := api.BandReading{Metric: m.Metric, Better: "more", Value: m.Value, Of: personsOf(m), Why: string(m.Why), Band: string(m.Band), By: string(m.By),
		Judged: []api.BandJudged{}, Course: string(m.Course), Weeks: []*float64{}, Peers: m.Peers, Ahead: m.Ahead, Lever: string(m.Lever)}
	if m.Better == insight.Less {
		v.Better = "less"
	}
	for _, j := range m.Judged {
		v.Judged = append(v.Judged, api.BandJudged{By: string(j.By), Cuts: api.BandCuts(j.Cuts), Band: string(j.Band), Counts: j.Counts})
	}
	for _, w := range m.Past {
		v.Weeks = append(v.Weeks, w.Value)
	}
	return v
}

// personsOf is how many persons a value is a share of, nil of any other.
func personsOf(m insight.Reading) *float64 {
	if m.Of == 0 {
		return nil
	}
	return &m.Of
}

// Healths answers a page of groups with their bands.
func (r *Reader) Healths(ctx context.Context, c community.ID, want api.HealthsQuery) (a api.HealthsAnswer, next api.Place, err error) {
	metric, known := insight.BandedByMetric(want.Metric)
	if want.Metric != "" && !known {
		return a, next, community.Errorf(community.Invalid, "%s has no bands", want.Metric).WithHint("metric names one that has, or is left out")
	}
	a.Groups = []api.HealthLine{}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		var all []insightdb.GroupHealth
		if all, a.Waiting, err = r.bands.Bands(ctx, q, c); err != nil {
			return err
		}
		text := strings.ToLower(strings.TrimSpace(want.Text))
		all = slices.DeleteFunc(all, func(h insightdb.GroupHealth) bool {
			return text != "" && !strings.Contains(strings.ToLower(h.Name), text) || want.Type != "" && string(h.Type) != want.Type
		})
		a.Bands = spreadOf(all)
		if want.Band != "" {
			all = slices.DeleteFunc(all, func(h insightdb.GroupHealth) bool {
				return cmp.Or(string(bandOf(&h, want.Metric)), "unknown") != want.Band
			})
		}
		a.Total = len(all)
		var page []insightdb.GroupHealth
		page, next = healthPage(all, metric, want)
		for i := range page {
			a.Groups = append(a.Groups, healthLine(&page[i]))
		}
		return nil
	})
	return a, next, err
}

// bandOf is a group's band of a metric, or its worst band.
func bandOf(h *insightdb.GroupHealth, metric string) insight.Band {
	if metric != "" {
		m, _ := h.Reading(metric)
		return m.Band
	}
	for _, b := range []insight.Band{insight.BandAlert, insight.BandWatch, insight.BandGood, insight.BandExcellent} {
		if h.Counts[b] > 0 {
			return b
		}
	}
	return ""
}

// healthPage sorts and cuts the page after want.After. By a metric what is not
// known comes last; otherwise groups come by their worst bands, then by how many
// of those they have.
func healthPage(all []insightdb.GroupHealth, metric insight.Banded, want api.HealthsQuery) ([]insightdb.GroupHealth, api.Place) {
	sign := 1.0
	if want.Order == "best" {
		sign = -1
	}
	place := func(h *insightdb.GroupHealth) api.Place {
		key := sign * float64(-1000*h.Counts[insight.BandAlert]-h.Counts[insight.BandWatch])
		if want.Metric != "" {
			m, _ := h.Reading(want.Metric)
			if key = math.MaxFloat64; m.Value != nil {
				key = sign * float64(metric.Better) * *m.Value
			}
		}
		return api.Place{Number: sortable(key), ID: int64(h.ID)}
	}
	compare := func(x, y api.Place) int { return cmp.Or(cmp.Compare(x.Number, y.Number), cmp.Compare(x.ID, y.ID)) }
	slices.SortFunc(all, func(x, y insightdb.GroupHealth) int { return compare(place(&x), place(&y)) })
	if want.After != (api.Place{}) {
		i, found := slices.BinarySearchFunc(all, want.After, func(h insightdb.GroupHealth, at api.Place) int { return compare(place(&h), at) })
		if found {
			i++
		}
		all = all[i:]
	}
	limit := cmp.Or(max(want.Limit, 0), 50)
	if len(all) <= limit {
		return all, api.Place{}
	}
	return all[:limit], place(&all[limit-1])
}

// sortable maps a number to an integer with the same order.
func sortable(v float64) int64 {
	bits := int64(math.Float64bits(v + 0)) // no negative zero
	if bits < 0 {
		bits ^= math.MaxInt64
	}
	return bits
}

func healthLine(h *insightdb.GroupHealth) api.HealthLine {
	l := api.HealthLine{Group: h.ID, Name: h.Name, Type: string(h.Type), Period: api.Period(h.Span),
		Band: string(bandOf(h, "")), Worst: h.Worst, Lever: string(h.Lever), Cells: []api.HealthCell{}}
	for _, m := range h.Readings {
		l.Cells = append(l.Cells, api.HealthCell{Metric: m.Metric, Value: m.Value, Of: personsOf(m), Why: string(m.Why), Band: string(m.Band),
			Course: string(m.Course), Usual: m.Usual})
	}
	return l
}

// spreadOf counts groups by band, metric by metric.
func spreadOf(all []insightdb.GroupHealth) []api.BandCount {
	out := []api.BandCount{}
	for i, m := range insight.BandedMetrics() {
		n := api.BandCount{Metric: m.Metric, Groups: map[string]int{}}
		var values []float64
		for _, h := range all {
			r := h.Readings[i]
			n.Groups[cmp.Or(string(r.Band), "unknown")]++
			if r.Value != nil {
				values = append(values, *r.Value)
			}
		}
		if slices.Sort(values); len(values) > 0 {
			middle := insight.Quantile(values, 0.5)
			n.Middle, n.Lowest, n.Highest = &middle, &values[0], &values[len(values)-1]
		}
		out = append(out, n)
	}
	return out
}

// Bands answers what was saved about bands.
func (r *Reader) Bands(ctx context.Context, c community.ID, of api.Scope) (a api.BandsAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		layers, own, err := LayersOf(ctx, q, c, of, insight.BandsKey)
		if err != nil {
			return err
		}
		types, err := insightdb.GroupTypes(ctx, q, c)
		if err != nil {
			return err
		}
		var list []insight.BandSettings
		for i := range layers {
			var s insight.BandSettings
			if err := json.Unmarshal([]byte(layers[i].Value), &s); err != nil {
				return err
			}
			if &layers[i] == own {
				a.Bands = bandsView(s)
				a.Bands.Version = own.Version
			}
			list = append(list, s)
		}
		if len(layers) == 0 || layers[len(layers)-1].Level != store.OfCommunity {
			list = append(list, insight.BandSettings{})
		}
		a.InForce = bandsView(insight.InheritBands(list, types[of.Group]))
		if of == (api.Scope{}) {
			a.InForce = a.Bands
		}
		return nil
	})
	return a, err
}

func bandsView(s insight.BandSettings) api.BandsView {
	v := api.BandsView{References: s.References, Cuts: cutsView(s.Cuts)}
	for of, cuts := range s.Types {
		if v.Types == nil {
			v.Types = map[string]map[string]api.BandCuts{}
		}
		v.Types[string(of)] = cutsView(cuts)
	}
	return v
}

func cutsView(cuts map[string]insight.Cuts) map[string]api.BandCuts {
	v := make(map[string]api.BandCuts, len(cuts))
	for metric, c := range cuts {
		v[metric] = api.BandCuts(c)
	}
	return v
}
