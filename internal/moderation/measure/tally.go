package measure

import (
	"cmp"
	"maps"
	"slices"

	"qunying/community"
	"qunying/internal/moderation/casework"
)

// Card is what the records say of a card, as far as it is measured. Times are in
// milliseconds, 0 where something did not happen.
type Card struct {
	ID       int64
	Kind     casework.Kind
	Clause   string
	SaidAt   int64 // the platform's time of its first message
	OpenedAt int64
	PagedAt  int64
	Decision string // that stands: accept, change, overturn, grant, reject; "": none
	DecideAt int64  // of the first decision that was not taken back
	DecideBy community.StaffID
	First    string // that decision
	Appealed bool   // by a member, against one of its verdicts
	Granted  bool   // such an appeal
}

// Overturned says that people found the card to be nothing.
func (c *Card) Overturned() bool { return c.Decision == casework.Overturn || c.Granted }

// Felt says that something was done to a member: by the machine, or because
// people decided so, even if it was taken back later.
func (c *Card) Felt() bool {
	return c.Kind == casework.Acted || c.First == casework.Accept || c.First == casework.Change
}

// Mode is who decided (S95).
type Mode string

const (
	Human     Mode = "human"     // 人工: members reported it, a person decided
	Assisted  Mode = "assisted"  // 人工 + 机器: the machine suggested, a person decided
	Automatic Mode = "automatic" // 全自动: the machine decided
)

// Modes are all of them, in the order in which they are shown.
var Modes = []Mode{Human, Assisted, Automatic}

// modeOf tells who decides cards of a kind; appeals are measured apart.
func modeOf(k casework.Kind) (Mode, bool) {
	switch k {
	case casework.Report:
		return Human, true
	case casework.Suggestion, casework.Uncertain:
		return Assisted, true
	case casework.Acted:
		return Automatic, true
	}
	return "", false
}

// OfMode is how cards went that were decided in one way.
type OfMode struct {
	Mode       Mode  `json:"mode" enum:"human,assisted,automatic"`
	Cards      int64 `json:"cards"`
	Open       int64 `json:"open" doc:"nobody has decided yet; 0 of automatic"`
	Detect     Times `json:"detect" doc:"from the message to its card"`
	Decide     Times `json:"decide" doc:"from the card to the first decision; of automatic none"`
	Handle     Times `json:"handle" doc:"from the message to the first decision; of automatic to its card"`
	Escalated  Share `json:"escalated" doc:"cards for which the person on duty was called, or against which a member appealed"`
	Overturned Share `json:"overturned" doc:"of those that people decided"`
}

// OfClause is how the cards of a clause went.
type OfClause struct {
	Clause     string `json:"clause"`
	Cards      int64  `json:"cards"`
	Automatic  int64  `json:"automatic" doc:"of these, decided by the machine"`
	Escalated  Share  `json:"escalated"`
	Overturned Share  `json:"overturned" doc:"of those that people decided"`
	Appealed   Share  `json:"appealed" doc:"of those that a member felt"`
	Granted    Share  `json:"granted" doc:"of the appeals"`
}

// OfModerator is how somebody's first decisions went; appeals are not among them.
type OfModerator struct {
	Staff      community.StaffID `json:"staff"`
	Decided    int64             `json:"decided"`
	Decide     Times             `json:"decide" doc:"from the card to the decision"`
	Fine       Share             `json:"fine" doc:"that the machine or a member was wrong"`
	Overturned Share             `json:"overturned" doc:"of those where something was done: taken back later by anybody, or on appeal"`
	Appealed   Share             `json:"appealed" doc:"of these: a member appealed"`
}

// Tally counts cards. The zero value is ready.
type Tally struct {
	modes      map[Mode]*count
	clauses    map[string]*count
	moderators map[community.StaffID]*count
	appeals    count
}

// count is what is counted of one kind of cards.
type count struct {
	cards, open, automatic, escalated, decided, overturned, felt, appealed, granted, fine, felled int64
	detect, decide, handle                                                                        []int64
}

func at[K comparable](m map[K]*count, k K) *count {
	if m[k] == nil {
		m[k] = &count{}
	}
	return m[k]
}

// Add counts a card.
func (t *Tally) Add(c *Card) {
	if t.modes == nil {
		t.modes, t.clauses, t.moderators = map[Mode]*count{}, map[string]*count{}, map[community.StaffID]*count{}
	}
	mode, known := modeOf(c.Kind)
	if !known {
		t.appeals.add(c)
		return
	}
	at(t.modes, mode).add(c)
	at(t.clauses, c.Clause).add(c)
	if c.First == "" || c.Kind == casework.Acted {
		return
	}
	at(t.moderators, c.DecideBy).add(c)
}

func (n *count) add(c *Card) {
	n.cards++
	n.detect = append(n.detect, c.OpenedAt-c.SaidAt)
	if c.PagedAt != 0 || c.Appealed {
		n.escalated++
	}
	if c.Kind == casework.Acted {
		n.automatic++
		n.handle = append(n.handle, c.OpenedAt-c.SaidAt)
	} else if c.First != "" {
		n.decide = append(n.decide, c.DecideAt-c.OpenedAt)
		n.handle = append(n.handle, c.DecideAt-c.SaidAt)
	} else {
		n.open++
	}
	if c.First != "" || c.Granted {
		n.decided++
		if c.Overturned() {
			n.overturned++
		}
	}
	if c.First == casework.Overturn {
		n.fine++
	}
	if c.Felt() {
		n.felt++
		if c.Overturned() {
			n.felled++
		}
		if c.Appealed {
			n.appealed++
			if c.Granted {
				n.granted++
			}
		}
	}
}

// Modes tells how cards went by who decided.
func (t *Tally) Modes() []OfMode {
	list := []OfMode{}
	for _, m := range Modes {
		n := t.modes[m]
		if n == nil {
			n = &count{}
		}
		list = append(list, OfMode{Mode: m, Cards: n.cards, Open: n.open, Detect: TimesOf(n.detect), Decide: TimesOf(n.decide), Handle: TimesOf(n.handle),
			Escalated: ShareOf(n.escalated, n.cards), Overturned: ShareOf(n.overturned, n.decided)})
	}
	return list
}

// Clauses tells how cards went by clause, those with the most cards first.
func (t *Tally) Clauses() []OfClause {
	list := []OfClause{}
	for clause, n := range t.clauses {
		list = append(list, OfClause{Clause: clause, Cards: n.cards, Automatic: n.automatic, Escalated: ShareOf(n.escalated, n.cards),
			Overturned: ShareOf(n.overturned, n.decided), Appealed: ShareOf(n.appealed, n.felt), Granted: ShareOf(n.granted, n.appealed)})
	}
	slices.SortFunc(list, func(a, b OfClause) int {
		return cmp.Or(cmp.Compare(b.Cards, a.Cards), cmp.Compare(a.Clause, b.Clause))
	})
	return list
}

// Moderators tells how people decided, whoever decided most first.
func (t *Tally) Moderators() []OfModerator {
	list := []OfModerator{}
	for _, staff := range slices.Sorted(maps.Keys(t.moderators)) {
		n := t.moderators[staff]
		list = append(list, OfModerator{Staff: staff, Decided: n.cards, Decide: TimesOf(n.decide), Fine: ShareOf(n.fine, n.cards),
			Overturned: ShareOf(n.felled, n.felt), Appealed: ShareOf(n.appealed, n.felt)})
	}
	slices.SortStableFunc(list, func(a, b OfModerator) int { return cmp.Compare(b.Decided, a.Decided) })
	return list
}

// Answered tells how long appeals took.
func (t *Tally) Answered() Times { return TimesOf(t.appeals.decide) }

// Automation is how much of what members felt the machine did by itself (S102).
func (t *Tally) Automation() Share {
	var machine, all int64
	for _, n := range t.modes {
		machine, all = machine+n.automatic, all+n.felt
	}
	return ShareOf(machine, all)
}
