package api

import (
	"context"
	"encoding/hex"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// Staff may be limited to chosen groups. Everything that this means for requests
// is here, and register sees to it for every operation:
//
//   - what a path names (a group, a task, a message, a person …) must lie within
//     the groups, which is looked up before anything else is read;
//   - every group in a query or a body must lie within them;
//   - whatever an answer tells of other groups is left out of it;
//   - an operation that concerns the whole community is refused, unless it is
//     listed in open. A new one is refused until somebody has thought about it.

// open are operations on a whole community that people limited to groups may use,
// with why.
var open = map[string]string{
	"lookAtLink":   "a link is its member's, whoever is signed in",
	"appealByLink": "the same",
	"reportByLink": "the same",
	"getTeam":      "needs a permission that goes with no limit", "invite": "the same", "withdrawInvitation": "the same", "changeStaff": "the same",
	"makePasswordLink": "the same", "dropSecondFactorOf": "the same", "makeKey": "the same", "revokeKey": "the same",

	"listGroups":          "lists and sums their groups only",
	"runQuery":            "counts their groups only",
	"exportQuery":         "counts their groups only",
	"runFunnel":           "follows people in their groups only",
	"listFunnelPeople":    "the same",
	"exportFunnel":        "the same",
	"runCohorts":          "the same",
	"exportCohorts":       "the same",
	"listViews":           "names and filters, no content; what a filter finds is limited when it is asked",
	"saveMyViews":         "their own",
	"saveTeamViews":       "names and filters, no content",
	"listReports":         "reports that tell of other groups are left out",
	"makeInsightReport":   "tells of their groups only",
	"getReportPlans":      "of saved reports, only their groups are told",
	"searchMessages":      "finds in their groups only",
	"exportMessages":      "writes their groups only",
	"listOutbox":          "lists actions of their groups only",
	"listTasks":           "lists tasks of their groups only",
	"listReviews":         "lists cards of their groups only",
	"listAlerts":          "alerts of other groups are left out",
	"getAttention":        "counts in their groups only",
	"getToday":            "tells of their groups only",
	"listCapabilities":    "rows of other groups are left out",
	"getCapacity":         "rows of other groups are left out",
	"getSets":             "of sets, only their groups are told",
	"watchEvents":         "changes of other groups are left out",
	"askBulk":             "every group of the body is looked at",
	"previewBulk":         "every group of the body is looked at",
	"previewGroupEdit":    "every group of the body is looked at",
	"editGroups":          "every group of the body is looked at",
	"decideReviews":       "every card of the body is looked at",
	"claimReviews":        "every card of the body is looked at",
	"makeReport":          "the message is looked at",
	"getMeasures":         "counts in their groups only",
	"getTrust":            "counts in their groups only",
	"previewAmnesty":      "means their groups only, and of the past tells those that meant no others",
	"giveAmnesty":         "every group of the body is looked at; none means theirs only",
	"listStaff":           "names of colleagues, needed to hand tasks on",
	"listConnections":     "accounts and their health; no groups",
	"listLoops":           "how far the machine is",
	"getWelcome":          "what their groups inherit",
	"getProfile":          "what their groups inherit",
	"getDelivery":         "what their groups inherit",
	"getAlerting":         "what their groups inherit",
	"getCaps":             "numbers of platforms",
	"listContingencies":   "rows of other groups are left out",
	"getContingencyPlan":  "what their groups inherit",
	"getSnapshotPlan":     "what their groups inherit",
	"getPolicy":           "what their groups inherit",
	"validatePolicy":      "changes nothing and reads no messages",
	"getModeration":       "what their groups inherit",
	"listLexicons":        "what their groups inherit",
	"getLexicon":          "what their groups inherit",
	"exportLexicon":       "what their groups inherit",
	"tryText":             "the text is their own",
	"getDetectors":        "what their groups inherit",
	"getAbout":            "which version runs",
	"getNotice":           "a text about the settings",
	"getConnectionHealth": "accounts and their health; no groups",
}

// lookups tell which groups a part of a path concerns. For what spans several
// groups, changing it takes all of them.
var lookups = map[string]struct{ query, whole string }{
	"task":    {query: `SELECT group_id FROM task WHERE community_id = $1 AND task_id = $2`},
	"alert":   {query: `SELECT group_id FROM alert WHERE community_id = $1 AND alert_id = $2`},
	"entry":   {query: `SELECT group_id FROM outbox WHERE community_id = $1 AND key = $2`},
	"batch":   {query: `SELECT DISTINCT group_id FROM outbox WHERE community_id = $1 AND batch = $2 AND batch <> ''`, whole: `SELECT DISTINCT group_id FROM outbox WHERE community_id = $1 AND batch = $2 AND batch <> ''`},
	"seq":     {query: `SELECT group_id FROM event WHERE community_id = $1 AND seq = $2`},
	"verdict": {query: `SELECT group_id FROM verdict WHERE community_id = $1 AND verdict_id = $2`},
	"review": {query: `SELECT group_id FROM review WHERE community_id = $1 AND review_id = $2`,
		whole: `SELECT group_id FROM review WHERE community_id = $1 AND review_id = $2 UNION SELECT group_id FROM verdict WHERE community_id = $1 AND review_id = $2`},
	"edit":   {query: editGroups, whole: editGroups},
	"report": {query: `SELECT group_id FROM report_group WHERE community_id = $1 AND report_id = $2`},
	"line":   {query: `SELECT group_id FROM list_entry WHERE community_id = $1 AND entry_id = $2`},
	"person": {query: personGroups, whole: personGroups},
}

// personGroups are the groups in which any identity of a person was seen.
const personGroups = `SELECT DISTINCT m.group_id FROM view_member m WHERE m.community_id = $1 AND (m.identity_id = $2 OR m.identity_id IN (
	SELECT l.identity_id FROM identity_link l WHERE l.community_id = $1 AND l.person_id = $2))`

// editGroups are the groups whose settings an edit of many groups changed.
const editGroups = `SELECT DISTINCT group_id FROM group_edit_part WHERE community_id = $1 AND edit_id = $2`

var errForeign = community.Errorf(community.Forbidden, "this concerns groups that you do not look after").WithHint("an owner can add groups to yours, under Settings, Team")

type withinKey struct{}

// Within tells to which groups the caller of a request is limited; nil: to none.
// Who lists or counts asks it, so that pages are full and sums are right.
func Within(ctx context.Context) []community.GroupID {
	groups, _ := ctx.Value(withinKey{}).([]community.GroupID)
	return groups
}

// WithWithin limits what is asked with a context to groups.
func WithWithin(ctx context.Context, groups []community.GroupID) context.Context {
	return context.WithValue(ctx, withinKey{}, groups)
}

// limited says whether the caller is limited to groups, and owners never are.
func (c call) limited() bool { return isLimited(c.visitor.staff) }

func isLimited(m team.Staff) bool { return m.Groups != nil && m.Role != "owner" }

func (c call) within(g community.GroupID) bool {
	return !c.limited() || slices.Contains(c.visitor.staff.Groups, g)
}

// lookAtPath checks what the path of an operation names.
func (s *Server) lookAtPath(hc huma.Context, c call, op *huma.Operation) error {
	if !c.limited() || !strings.Contains(op.Path, "{community}") {
		return nil
	}
	known := false
	for part := range strings.SplitSeq(op.Path, "/") {
		name := strings.Trim(part, "{}")
		if name == part || name == "community" {
			continue
		}
		value := hc.Param(name)
		if name == "group" {
			id, err := strconv.ParseInt(value, 10, 64)
			if err != nil || !c.within(community.GroupID(id)) {
				return errForeign
			}
			known = true
			continue
		}
		if _, ok := lookups[name]; ok {
			if err := s.mayConcern(hc.Context(), c, name, value, op.Method != get); err != nil {
				return err
			}
			known = true
		}
	}
	if _, ok := open[op.OperationID]; !ok && !known {
		return errForeign
	}
	return nil
}

// mayConcern looks up which groups a thing belongs to. What does not exist is left
// for the operation to tell.
func (s *Server) mayConcern(ctx context.Context, c call, what, value string, changes bool) error {
	var id any = value
	switch what {
	case "entry":
		key, err := hex.DecodeString(value)
		if err != nil {
			return nil //nolint:nilerr // it does not exist
		}
		id = key
	case "batch":
	default:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil //nolint:nilerr // it does not exist
		}
		id = n
	}
	l := lookups[what]
	query, all := l.query, what != "person"
	if changes && l.whole != "" {
		query, all = l.whole, true
	}
	return s.db.Read(ctx, func(q store.Querier) error {
		rows, err := q.QueryContext(ctx, query, int64(c.community.ID), id)
		if err != nil {
			return store.Unavailable(err)
		}
		defer rows.Close()
		inside, outside := 0, 0
		for rows.Next() {
			var g community.GroupID
			if err := rows.Scan((*int64)(&g)); err != nil {
				return err
			}
			if c.within(g) {
				inside++
			} else {
				outside++
			}
		}
		if outside > 0 && (all || inside == 0) {
			return errForeign
		}
		return rows.Err()
	})
}

// lookAtInput checks the groups in a query and a body.
func (s *Server) lookAtInput(ctx context.Context, c call, in any) error {
	if !c.limited() {
		return nil
	}
	if c.foreign(reflect.ValueOf(in)) {
		return errForeign
	}
	var cards []int64
	switch in := in.(type) {
	case *rulingInput:
		cards = in.Body.Reviews
	case *claimInput:
		cards = in.Body.Reviews
	case *reportInput:
		return s.mayConcern(ctx, c, "seq", itoa(int64(in.Body.Seq)), true)
	case *listInput:
		if in.Body.Group == 0 {
			return errForeign // a line for all groups
		}
	}
	for _, id := range cards {
		if err := s.mayConcern(ctx, c, "review", itoa(id), true); err != nil {
			return err
		}
	}
	return nil
}

var groupType = reflect.TypeFor[community.GroupID]()

// foreign says whether a value names a group of others.
func (c call) foreign(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && c.foreign(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && c.foreign(v.Field(i)) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if c.foreign(v.Index(i)) {
				return true
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if c.foreign(k) || c.foreign(v.MapIndex(k)) {
				return true
			}
		}
	default:
		return v.Type() == groupType && v.Int() != 0 && !c.within(community.GroupID(v.Int()))
	}
	return false
}

// sifted is a copy of an answer without what it tells of other groups: lines of
// lists and maps are left out; an answer about a group of others fails. What was
// answered may be shared with others, so it is not changed.
func sifted[O any](c call, out *O) (*O, error) {
	if out == nil || !c.limited() {
		return out, nil
	}
	v, ok := c.sift(reflect.ValueOf(out).Elem())
	if !ok {
		return nil, errForeign
	}
	clean := v.Interface().(O)
	return &clean, nil
}

// sift copies v without what is of other groups; false: v itself is.
func (c call) sift(v reflect.Value) (reflect.Value, bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return v, true
		}
		inner, ok := c.sift(v.Elem())
		if !ok || v.Kind() == reflect.Interface {
			return inner, ok
		}
		p := reflect.New(inner.Type())
		p.Elem().Set(inner)
		return p, true
	case reflect.Struct:
		clean := reflect.New(v.Type()).Elem()
		clean.Set(v)
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				continue
			}
			f, ok := c.sift(v.Field(i))
			if !ok {
				return v, false
			}
			clean.Field(i).Set(f)
		}
		return clean, true
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 {
			return v, true
		}
		clean := reflect.MakeSlice(v.Type(), 0, v.Len())
		for i := range v.Len() {
			if e, ok := c.sift(v.Index(i)); ok {
				clean = reflect.Append(clean, e)
			}
		}
		return clean, true
	case reflect.Map:
		if v.IsNil() {
			return v, true
		}
		clean := reflect.MakeMapWithSize(v.Type(), v.Len())
		for _, k := range v.MapKeys() {
			e, ok := c.sift(v.MapIndex(k))
			if _, mine := c.sift(k); ok && mine {
				clean.SetMapIndex(k, e)
			}
		}
		return clean, true
	default:
		return v, v.Type() != groupType || v.Int() == 0 || c.within(community.GroupID(v.Int()))
	}
}

// limits checks to which groups somebody is to be limited: each must exist, and an
// owner is limited to none.
func (s *Server) limits(ctx context.Context, c community.ID, role string, groups []community.GroupID) ([]community.GroupID, error) {
	if role == "owner" || len(groups) == 0 {
		return nil, nil
	}
	sorted := slices.Sorted(slices.Values(groups))
	return sorted, s.db.Read(ctx, func(q store.Querier) error {
		names, err := store.GroupNames(ctx, q, c, sorted)
		if err != nil {
			return err
		}
		for _, g := range sorted {
			if _, ok := names[g]; !ok {
				return community.Errorf(community.NotFound, "there is no group %d", g)
			}
		}
		return nil
	})
}

// of leaves changes of other groups out; false: nothing is left of it.
func (c call) of(change Change) (Change, bool) {
	if !c.limited() || len(change.Groups) == 0 {
		return change, true
	}
	var mine []community.GroupID
	for _, g := range change.Groups {
		if c.within(g) {
			mine = append(mine, g)
		}
	}
	change.Groups = mine
	return change, len(mine) > 0 || change.All
}
