package engine

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/moderation/casebook"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

//go:embed moderation.json
var caseWordsFile []byte

// wording is what members and staff are told beside what a policy says, and the
// words by which members ask.
type wording struct {
	AppealWords    []string `json:"appeal_words"`
	ReportWords    []string `json:"report_words"`
	AppealTaken    string   `json:"appeal_taken"`
	AppealAgain    string   `json:"appeal_again"`
	AppealLate     string   `json:"appeal_late"`
	AppealRejected string   `json:"appeal_rejected"`
	ReportTaken    string   `json:"report_taken"`
	PageSuggest    string   `json:"page_suggest"`
	PageUrgent     string   `json:"page_urgent"`
	Report         string   `json:"report"`
	Uncertain      string   `json:"uncertain"`
	Mediation      string   `json:"mediation"`
	MediationTask  string   `json:"mediation_task"`
}

var allCaseWords = func() map[string]wording {
	var w map[string]wording
	if err := json.Unmarshal(caseWordsFile, &w); err != nil {
		panic(fmt.Sprintf("moderation.json: %v", err)) // part of the program: every test says so
	}
	return w
}()

func caseWords(language string) wording {
	if w, ok := allCaseWords[language]; ok {
		return w
	}
	return allCaseWords["zh-CN"]
}

// longestAsk is how long a message may be that asks for something, in characters.
const longestAsk = 500

// asks says which word a member's message begins with, and what they say to it.
func asks(text string, words func(wording) []string) (rest string, ok bool) {
	text = strings.TrimSpace(text)
	for strings.HasPrefix(text, "@") { // whom they answer
		_, after, found := strings.Cut(text, " ")
		if !found {
			return "", false
		}
		text = strings.TrimSpace(strings.TrimLeft(after, "\u2005 "))
	}
	if utf8.RuneCountInString(text) > longestAsk {
		return "", false
	}
	for _, w := range allCaseWords {
		for _, word := range words(w) {
			if len(text) >= len(word) && strings.EqualFold(text[:len(word)], word) {
				rest = text[len(word):]
				if next, _ := utf8.DecodeRuneInString(rest); rest == "" || !('a' <= next && next <= 'z' || 'A' <= next && next <= 'Z') {
					return strings.TrimLeft(rest, " :：,，。\n"), true
				}
			}
		}
	}
	return "", false
}

// memberAsks takes a member's appeal or report. It reports true where the message
// is one, and therefore is not judged.
func (e *Engine) memberAsks(ctx context.Context, q store.Querier, d *decider, ev *community.Event, r *rules, fx *effects) (bool, error) {
	if ev.Kind != community.MessagePosted || ev.Body == nil || ev.Identity == 0 || ev.Origin != community.Live || ev.Length > longestAsk {
		return false, nil
	}
	if why, ok := asks(ev.Body.Text, func(w wording) []string { return w.AppealWords }); ok {
		if err := named(ctx, q, ev); err != nil {
			return false, err
		}
		return e.memberAppeals(ctx, q, d, ev, r, why, fx)
	}
	if _, ok := asks(ev.Body.Text, func(w wording) []string { return w.ReportWords }); ok && ev.Body.Data["reply_to"] != "" {
		if err := named(ctx, q, ev); err != nil {
			return false, err
		}
		return e.memberReports(ctx, q, d, ev, r, fx)
	}
	return false, nil
}

// memberAppeals finds against what a member appeals: the newest verdict about them
// in this group that was felt.
func (e *Engine) memberAppeals(ctx context.Context, q store.Querier, d *decider, ev *community.Event, r *rules, why string, fx *effects) (bool, error) {
	var newest *casework.Verdict
	for _, id := range d.identitiesOf(d.links.Person(ev.Identity)) {
		list, err := cases.VerdictsAgainst(ctx, q, ev.Community, id, 20)
		if err != nil {
			return true, err
		}
		for i := range list {
			v := &list[i]
			if v.Group != ev.Group || ev.LoggedAt.Sub(v.LoggedAt) > r.set.AppealDays() || newest != nil && newest.ID > v.ID {
				continue
			}
			felt, err := wasFelt(ctx, q, ev.Community, v)
			if err != nil {
				return true, err
			}
			if felt {
				newest = v
			}
		}
	}
	words := caseWords(r.set.Language)
	if newest == nil {
		return why == "", nil // the word alone is no message to judge; a sentence that begins with it is
	}
	card, again, err := e.openAppeal(ctx, q, d, ev, newest, r, why, fx)
	if err != nil {
		return true, err
	}
	text := words.AppealTaken
	if again {
		text = words.AppealAgain
	}
	if card != nil || again {
		d.tell(ev, r, text, fx)
	}
	return true, nil
}

// wasFelt says that something came of a verdict: the machine acted, or a person
// accepted what it suggested.
func wasFelt(ctx context.Context, q store.Querier, c community.ID, v *casework.Verdict) (bool, error) {
	if v.Stage != policy.Suggest || v.Review == 0 {
		return v.Stage == policy.Auto, nil
	}
	r, err := cases.Review(ctx, q, c, v.Review)
	return r.State == casework.Decided && (r.Decision == casework.Accept && r.Kind != casework.Uncertain || r.Decision == casework.Change), err
}

// openAppeal makes the card of an appeal; again is true where there is one.
func (e *Engine) openAppeal(ctx context.Context, q store.Querier, d *decider, ev *community.Event, v *casework.Verdict, r *rules, why string, fx *effects) (card *casework.Review, again bool, err error) {
	earlier, err := cases.ReviewsOf(ctx, q, ev.Community, casework.Appeal, 0, v.ID)
	if err != nil || len(earlier) > 0 {
		return nil, true, err
	}
	card = &casework.Review{Kind: casework.Appeal, State: casework.Open, Clause: v.Clause, Category: v.Category, Severity: policy.Serious, Group: v.Group, Identity: v.Identity,
		Seq: v.Seq, Verdict: v.ID, Gist: uint64(v.ID), Items: 1, SaidAt: v.At, OpenedAt: ev.LoggedAt, NewestAt: ev.LoggedAt, DueAt: ev.LoggedAt.Add(r.set.AnswerWithin()),
		Body: &casework.ReviewBody{Text: why}}
	if v.Body != nil {
		card.Body.Name, card.Body.MessageID = v.Body.Name, v.Body.MessageID
	}
	fx.records = append(fx.records, func(tx *store.Tx) error {
		if err := cases.AddReview(tx, ev.Community, card); err != nil {
			return err
		}
		if err := schedulePage(tx, ev, card); err != nil {
			return err
		}
		return recordPlain(tx, ev, "appeal", card.ID, v.Identity, map[string]any{"card": card.ID, "verdict": v.ID, "due_at": card.DueAt.UnixMilli()}, why)
	})
	return card, false, nil
}

// tell answers a member in the group.
func (d *decider) tell(ev *community.Event, r *rules, text string, fx *effects) {
	text = strings.NewReplacer("{name}", ev.Body.Name, "{hours}", strconv.Itoa(int(r.set.AnswerWithin().Hours()))).Replace(text)
	fx.order(ev, community.Action{Community: ev.Community, Group: ev.Group, Kind: community.Send, Class: community.Reply, Text: text, DueAt: ev.LoggedAt,
		ExpiresAt: ev.LoggedAt.Add(staleAfter(community.Reply)), Cause: community.Cause{Seq: ev.Seq, Rule: ModerationRule},
		Detail: community.Detail{Mentions: []community.IdentityID{ev.Identity}, ReplyTo: messageID(ev)}})
}

// reportSpan is how many events back a reported message is looked for.
const reportSpan = 10_000

// memberReports takes the report of a message that a member answers.
func (e *Engine) memberReports(ctx context.Context, q store.Querier, d *decider, ev *community.Event, r *rules, fx *effects) (bool, error) {
	seq, err := cases.MessageBefore(ctx, q, ev.Community, ev.Group, ev.Body.Data["reply_to"], ev.Seq, reportSpan)
	if err != nil || seq == 0 {
		return seq != 0, err
	}
	taken, err := e.fileReport(ctx, q, d, ev, seq, r, fx)
	if taken {
		d.tell(ev, r, caseWords(r.set.Language).ReportTaken, fx)
	}
	return true, err
}

// reportActs is what a report of members proposes.
func reportActs() []policy.Act { return []policy.Act{{Do: policy.Recall}, {Do: policy.Warn}} }

// fileReport puts a report on the card of its message. It reports false where the// message is ours.
func (e *Engine) fileReport(ctx context.Context, q store.Querier, d *decider, ev *community.Event, seq community.Seq, r *rules, fx *effects) (bool, error) {
	of, err := store.Event(ctx, q, ev.Community, seq)
	if err != nil {
		return false, err
	}
	if of.Kind != community.MessagePosted && of.Kind != community.MessageEdited {
		return false, community.Errorf(community.Invalid, "event %d is no message", seq)
	}
	if staff, err := d.isStaff(ctx, q, of); staff || err != nil {
		return false, err
	}
	card, err := reportCard(ctx, q, ev.Community, seq)
	if err != nil {
		return false, err
	}
	if card == nil {
		card = &casework.Review{Kind: casework.Report, State: casework.Open, Clause: string(casework.Report), Category: string(casework.Report), Severity: policy.Light,
			Group: of.Group, Identity: of.Identity, Seq: seq, Acts: reportActs(), Items: 1, SaidAt: of.At, OpenedAt: ev.LoggedAt, NewestAt: ev.LoggedAt,
			DueAt: ev.LoggedAt.Add(r.pageAfter()), Body: &casework.ReviewBody{}}
		if of.Body != nil {
			m := messageOf(of)
			reading := r.reader.Read(read.Message{Text: m.Text, Form: m.Form})
			card.Gist, card.Near = gistOf(&reading)
			*card.Body = casework.ReviewBody{Name: of.Body.Name, Text: m.Text, MessageID: messageID(of)}
		}
	}
	fx.records = append(fx.records, func(tx *store.Tx) error {
		if card.ID == 0 {
			if err := cases.AddReview(tx, ev.Community, card); err != nil {
				return err
			}
			if err := schedulePage(tx, ev, card); err != nil {
				return err
			}
		}
		fresh, err := cases.AddReporter(tx, ev.Community, card.ID, ev.Identity, ev.Seq, ev.LoggedAt)
		if err != nil || !fresh {
			return err
		}
		card.Reporters++
		card.NewestAt = ev.LoggedAt
		return cases.SaveReview(tx, ev.Community, card)
	})
	return true, nil
}

// reportCard finds the open card on which a message stands, nil if there is none.
func reportCard(ctx context.Context, q store.Querier, c community.ID, seq community.Seq) (*casework.Review, error) {
	verdicts, err := cases.VerdictsOn(ctx, q, c, seq)
	if err != nil {
		return nil, err
	}
	for _, v := range verdicts {
		if v.Review == 0 {
			continue
		}
		r, err := cases.Review(ctx, q, c, v.Review)
		if err != nil || r.State != casework.Decided {
			return &r, err
		}
	}
	list, err := cases.ReviewsOf(ctx, q, c, casework.Report, seq, 0)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// appeal takes an appeal in a member's name.
func (e *Engine) appeal(ctx context.Context, q store.Querier, d *decider, ev *community.Event, cmd *casework.Command, fx *effects) (any, error) {
	v, err := cases.Verdict(ctx, q, ev.Community, cmd.Verdict)
	if err != nil {
		return nil, err
	}
	if err := d.mayAppeal(ev, &v); err != nil {
		return nil, err
	}
	r, err := e.rulesIn(ctx, q, d, ev, v.Group)
	if err != nil {
		return nil, err
	}
	if felt, err := wasFelt(ctx, q, ev.Community, &v); err != nil || !felt {
		return nil, cmp.Or[error](err, community.Errorf(community.Invalid, "nothing came of this verdict"))
	}
	if ev.LoggedAt.Sub(v.LoggedAt) > r.set.AppealDays() {
		return nil, community.Errorf(community.Conflict, "the time to appeal is over").WithHint("overturn the verdict if it was wrong")
	}
	card, again, err := e.openAppeal(ctx, q, d, ev, &v, r, cmd.Note, fx)
	if err != nil {
		return nil, err
	}
	if again {
		return nil, community.Errorf(community.Conflict, "there is an appeal against this verdict")
	}
	fx.finish = func(*store.Tx) (any, error) { return Opened{card.ID}, nil }
	return nil, nil
}

// report takes a report that staff makes, or a member on their own page.
func (e *Engine) report(ctx context.Context, q store.Querier, d *decider, ev *community.Event, cmd *casework.Command, fx *effects) (any, error) {
	if cmd.Seq == 0 {
		return e.tip(ctx, q, d, ev, cmd, fx)
	}
	of, err := store.Event(ctx, q, ev.Community, cmd.Seq)
	if err != nil {
		return nil, err
	}
	r, err := e.rulesIn(ctx, q, d, ev, of.Group)
	if err != nil {
		return nil, err
	}
	taken, err := e.fileReport(ctx, q, d, ev, cmd.Seq, r, fx)
	if err != nil {
		return nil, err
	}
	if !taken {
		return nil, community.Errorf(community.Invalid, "the message is our own")
	}
	fx.finish = func(tx *store.Tx) (any, error) {
		card, err := reportCard(ctx, tx, ev.Community, cmd.Seq)
		if err != nil || card == nil {
			return nil, err
		}
		return Opened{card.ID}, nil
	}
	return nil, nil
}

// Opened is the answer to AppealMake and ReportMake.
type Opened struct {
	Card int64 `json:"card"`
}

// recordPlain enters something into the case log; note is its personal part.
func recordPlain(tx *store.Tx, ev *community.Event, kind string, ref int64, id community.IdentityID, envelope any, note string) error {
	text, err := jsonText(envelope)
	if err != nil {
		return err
	}
	body := ""
	if note != "" {
		if body, err = jsonText(map[string]string{"note": note}); err != nil {
			return err
		}
	}
	return cases.Record(tx, ev.Community, casebook.Entry{Kind: kind, Ref: ref, Identity: id, At: ev.LoggedAt, Envelope: text}, body)
}

// pageDue is the kind of due row that calls the person on duty.
const pageDue = "page"

// PageTask is the kind of a task that stands for a card nobody has looked at.
const PageTask = "page"

func pageKey(card int64) community.Key {
	return community.KeyParts{Kind: pageDue, ID: strconv.FormatInt(card, 10)}.Key()
}

// schedulePage has the person on duty called when a card is past its time.
func schedulePage(tx *store.Tx, ev *community.Event, r *casework.Review) error {
	return tx.Schedule(ev.Community, store.Due{Key: pageKey(r.ID), At: r.DueAt, Kind: pageDue, Group: r.Group, CauseSeq: ev.Seq, Data: strconv.FormatInt(r.ID, 10)})
}

// callDuty calls the person on duty for a card that nobody has handled.
func (e *Engine) callDuty(ctx context.Context, q store.Querier, ev *community.Event, due store.Due, fx *effects) error {
	var id int64
	if err := json.Unmarshal([]byte(due.Data), &id); err != nil {
		return err
	}
	r, err := cases.Review(ctx, q, ev.Community, id)
	if err != nil {
		return err
	}
	if r.State != casework.Open && r.State != casework.Asked || !r.PagedAt.IsZero() || r.Talking() {
		return nil // decided, called before, or with a mediator
	}
	fx.paged = true
	fx.records = append(fx.records, func(tx *store.Tx) error { return e.page(ctx, tx, ev.Community, &r, due.CauseSeq, ev.LoggedAt) })
	return nil
}

// page opens a task for the person on duty, and writes to them where they can be
// reached.
func (e *Engine) page(ctx context.Context, tx *store.Tx, c community.ID, r *casework.Review, cause community.Seq, now time.Time) error {
	set, err := moderationOf(ctx, tx, c, r.Group, 0)
	if err != nil && !notJSON(err) {
		return err
	}
	g, err := store.Group(ctx, tx, c, r.Group)
	if err != nil {
		return err
	}
	var k Keeper
	if _, err := store.ReadSetting(ctx, tx, c, r.Group, KeeperKey, &k); err != nil && !notJSON(err) {
		return err
	}
	keeper := cmp.Or(k.Staff, k.Backup)
	if len(set.Duty) > 0 && !slices.Contains(set.Duty, keeper) {
		keeper = set.Duty[0]
	}
	words := caseWords(set.Language)
	reason := words.PageSuggest
	if r.Severity == policy.Grave {
		reason = words.PageUrgent
	}
	t := store.Task{Community: c, ID: cause, Kind: PageTask, Group: r.Group, Identity: r.Identity, Keeper: keeper, Link: fmt.Sprintf("/moderation/cards/%d", r.ID),
		OpenedAt: now, DueAt: now.Add(15 * time.Minute)}
	t.Action.Key, t.Action.Kind, t.Action.Detail.Reason = pageKey(r.ID), PageTask, reason
	contact, err := e.contactOf(ctx, tx, &t)
	if err != nil {
		return err
	}
	if contact != "" {
		told, err := e.tellKeeper(ctx, tx, &t, g, contact)
		if err != nil {
			return err
		}
		if told {
			t.ToldAt = now
		}
	}
	r.PagedAt = now
	if err := cases.SaveReview(tx, c, r); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		e.changes.send(Change{Community: c, Groups: []community.GroupID{r.Group}, What: "tasks"})
		e.outgoing.fire()
	})
	return tx.OpenTask(t)
}
