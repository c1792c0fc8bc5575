package api

import "qunying/community"

// The shapes of the API. Times are milliseconds since 1970 UTC ("…_at", "t"),
// days are "2006-01-02" in the group's zone. A number that cannot be known is
// null, and "why" says why (不可得); it is never 0. Every answer carries as_of:
// the log position up to which its numbers are complete.

// Number is a metric's value where it may be unknowable.
type Number struct {
	Metric string   `json:"metric" doc:"ID in the metric catalogue"`
	Value  *float64 `json:"value" nullable:"true" doc:"null: cannot be known, see why"`
	Before *float64 `json:"before" nullable:"true" doc:"the same in the period before, of equal length"`
	Of     *float64 `json:"of,omitempty" doc:"the denominator, where the metric is a share"`
	Why    string   `json:"why,omitempty" enum:"no_roster,no_messages,gap,too_young,no_replies,members_seen,periods_differ,part_of_groups" doc:"why the value is unknown, or what the denominator stands for (members_seen: members who ever spoke, as no member list is known). Of the summary over groups: periods_differ, they end on different days; part_of_groups, not all of them are asked for"`
	// Partial is common: a period that ends today has a day that is not over.
	Partial bool  `json:"partial" doc:"some days of the period are not covered whole: in a gap, not over, or before the group was known"`
	Like    *Like `json:"like,omitempty" doc:"of a sum over groups that were not all known when the period before began: the same over those that were"`
}

// Like compares a part of the groups with itself.
type Like struct {
	Groups int     `json:"groups"`
	Value  float64 `json:"value"`
	Before float64 `json:"before"`
}

// Gap is a stretch in which messages are missing or may be.
type Gap struct {
	From   community.Day `json:"from"`
	To     community.Day `json:"to" doc:"inclusive"`
	Kind   string        `json:"kind" enum:"suspected,known" doc:"suspected: a silence longer than chance explains; known: the connector was away"`
	Days   int           `json:"days"`
	Chance float64       `json:"chance,omitempty" doc:"how likely so long a silence is by chance"`
}

// GroupCard is a group on the overview.
type GroupCard struct {
	ID       community.GroupID `json:"id"`
	Name     string            `json:"name"`
	Network  string            `json:"network"`
	Zone     string            `json:"zone"`
	Data     []string          `json:"data" enum:"messages,roster,joins,statistics" doc:"what is known of the group (data level)"`
	Members  *int64            `json:"members" nullable:"true" doc:"null: no member list is known"`
	Seen     int64             `json:"seen" doc:"members who ever spoke or were named"`
	Messages int64             `json:"messages" doc:"in the period"`
	Speakers int64             `json:"speakers" doc:"persons who spoke in the period"`
	Before   *int64            `json:"messages_before" nullable:"true" doc:"messages in the period before; null where that was not covered as this one was"`
	Joins    *int64            `json:"joins" nullable:"true"`
	Leaves   *int64            `json:"leaves" nullable:"true"`
	Spark    Series            `json:"spark" doc:"messages by day"`
	Gaps     []Gap             `json:"gaps"`
	FirstAt  int64             `json:"first_at"`
	LastAt   int64             `json:"last_at"`
	Total    int64             `json:"total" doc:"messages ever"`

	// Of the overview only: why it needs people.
	Keeper  community.StaffID `json:"keeper,omitempty" doc:"of the overview only, as is what follows; absent: nobody keeps it"`
	Alerts  int               `json:"alerts,omitempty" doc:"that fire"`
	Tasks   int               `json:"tasks,omitempty" doc:"open"`
	Reviews int               `json:"reviews,omitempty" doc:"cards that wait"`
	Band    string            `json:"band,omitempty" enum:"alert,watch,good,excellent" doc:"the worst of its bands"`
	Worst   string            `json:"worst,omitempty" doc:"metric of the worst band"`
	Lever   string            `json:"lever,omitempty" doc:"what moves it"`
}

// Series is one line of a chart: days and values; a null is a gap.
type Series struct {
	T []community.Day `json:"t"`
	V []*float64      `json:"v"`
}

// Trend is what the trend chart of a group draws, by day, week (Monday) or month (first).
type Trend struct {
	Grain    string          `json:"grain" enum:"day,week,month"`
	T        []community.Day `json:"t"`
	Messages []*float64      `json:"messages"`
	Speakers []*float64      `json:"speakers"`
	Activity []*float64      `json:"activity" doc:"speakers a day / members, mean over the days of the step (日活率)"`
	Joins    []*float64      `json:"joins"`
	Leaves   []*float64      `json:"leaves"`
	Members  []*float64      `json:"members" doc:"at the end of the step"`
	Partial  []bool          `json:"partial" doc:"not every day of the step is covered whole: it is not over, lies partly in a gap, or the period cuts it"`
	Inferred []bool          `json:"inferred" doc:"some of the step's joins or leaves were seen by nobody, but follow from member lists"`
	Gaps     []Gap           `json:"gaps"`
}

// Rhythm is the weekday × hour heat map: mean messages an hour, over the days of
// the period that are not in a gap. Rows are Monday to Sunday.
type Rhythm struct {
	Mean  [][]*float64 `json:"mean" doc:"7 rows of 24; null: no such weekday was covered"`
	Total [][]int64    `json:"total" doc:"7 rows of 24"`
	Days  []int        `json:"days" doc:"how many days of each weekday were covered"`
}

// Retention is the weekly cohort triangle.
type Retention struct {
	Of      string            `json:"of" enum:"speaking,membership"`
	Known   bool              `json:"known"`
	Why     string            `json:"why,omitempty"`
	Cohorts []RetentionCohort `json:"cohorts"`
	Next    Number            `json:"next" doc:"next-week retention over all cohorts (次周留存)"`
}

// RetentionCohort is one row: who first spoke (or joined) in a week, and how many came back in each later week.
type RetentionCohort struct {
	Week community.Day `json:"week"`
	Size int64         `json:"size"`
	Back []*int64      `json:"back" doc:"week 1, 2, …; null: the week is in a gap or not over"`
}

// Speaker is a line of "who carries it".
type Speaker struct {
	Person   community.PersonID `json:"person"`
	Name     string             `json:"name"`
	Messages int64              `json:"messages"`
	Share    float64            `json:"share" doc:"of all messages by members in the period"`
	Days     int                `json:"days" doc:"days on which they spoke"`
	LastAt   int64              `json:"last_at"`
}

// HotWord is a line of the TOP10 (高频词).
type HotWord struct {
	Word   string `json:"word"`
	Count  int64  `json:"count"`
	New    bool   `json:"new" doc:"not in the dictionary: found by its own statistics"`
	Before *int64 `json:"before" nullable:"true"`
}

// Message is a message with what people may read of it.
type Message struct {
	Seq       community.Seq      `json:"seq"`
	Group     community.GroupID  `json:"group"`
	GroupName string             `json:"group_name"`
	Zone      string             `json:"zone" doc:"the group's; empty of a group that is not there yet"`
	Person    community.PersonID `json:"person"`
	Name      string             `json:"name" doc:"how the author was called then"`
	At        int64              `json:"at"`
	Content   string             `json:"content"`
	Text      string             `json:"text"`
	Kind      string             `json:"kind" doc:"event kind: messages, joins, leaves … share the stream"`
	Recalled  bool               `json:"recalled"`
	FromUs    bool               `json:"from_us"`
	Marks     [][2]int           `json:"marks,omitempty" doc:"hits of the search in text, as UTF-16 offsets [from, to)"`
	Erased    bool               `json:"erased" doc:"the text was removed by retention or erasure"`
	Media     []MediaView        `json:"media,omitempty" doc:"pictures and files, where this network hands them out"`
}

// Import is an import's state; it lives on after a restart.
type Import struct {
	ID       int64          `json:"id"`
	File     string         `json:"file"`
	Format   string         `json:"format"`
	State    string         `json:"state" enum:"preview,ready,running,done,cancelled,failed"`
	Preview  *ImportPreview `json:"preview,omitempty"`
	Progress ImportProgress `json:"progress"`
	Result   *ImportResult  `json:"result,omitempty"`
	Error    string         `json:"error,omitempty"`
	Hint     string         `json:"hint,omitempty"`
	By       string         `json:"by"`
	At       int64          `json:"at"`
}

// ImportPreview says what is in the file before anything is written.
type ImportPreview struct {
	Groups       []ImportGroup `json:"groups"`
	Rows         int64         `json:"rows"`
	Rejects      int64         `json:"rejects"`
	Refused      []RefusedRows `json:"refused" doc:"for each reason how many rows are refused, at most five reasons"`
	Sample       []Message     `json:"sample" doc:"the first few messages"`
	Columns      []string      `json:"columns,omitempty" doc:"of a table whose columns are not known: choose time, sender, text"`
	Map          string        `json:"map,omitempty" doc:"the column map in force"`
	LastRow      string        `json:"last_row,omitempty" doc:"refused only because no line break ends the file, so that it may be cut"`
	LastRowTaken bool          `json:"last_row_taken,omitempty" doc:"a person said that the file is whole"`
}

// RefusedRows are rows that are refused for one reason.
type RefusedRows struct {
	File   string `json:"file" doc:"where the first of them is"`
	Line   int    `json:"line" doc:"of the first, from 1; 0: the whole file"`
	Reason string `json:"reason"`
	Hint   string `json:"hint"`
	Row    string `json:"row" doc:"the beginning of the first"`
	Rows   int64  `json:"rows"`
}

// ImportGroup is one group found in a file.
type ImportGroup struct {
	Name     string            `json:"name"`
	Group    community.GroupID `json:"group" doc:"0: would be new"`
	Rows     int64             `json:"rows"`
	Messages int64             `json:"messages" doc:"rows that say what somebody wrote; the others are joins, leaves and so on"`
	People   int64             `json:"people"`
	From     int64             `json:"from"`
	To       int64             `json:"to"`
	Gaps     []Gap             `json:"gaps"`
}

// ImportProgress counts rows while it goes.
type ImportProgress struct {
	Share     float64 `json:"share" doc:"of the file, 0 to 1"`
	Rows      int64   `json:"rows"`
	PerSecond float64 `json:"per_second"`
	Left      float64 `json:"seconds_left"`
	Counted   float64 `json:"counted" doc:"share of the log that views have caught up with"`
	Indexed   float64 `json:"indexed" doc:"share of the log that search has caught up with"`
}

// ImportResult is what an import did.
type ImportResult struct {
	Imported   int64               `json:"imported"`
	Duplicates int64               `json:"duplicates"`
	Rejected   int64               `json:"rejected"`
	Members    int64               `json:"members"`
	From       string              `json:"from" doc:"RFC 3339, or empty"`
	To         string              `json:"to"`
	Gaps       []Gap               `json:"gaps"`
	Groups     []community.GroupID `json:"groups"`
	Names      []string            `json:"names" doc:"of the groups, in their order"`
	RejectFile string              `json:"reject_file,omitempty"`
	LastRow    bool                `json:"last_row_refused,omitempty" doc:"no line break ends the file: its last row may be cut and was left out"`
}

// MetricEntry is the catalogue's entry for a metric.
type MetricEntry struct {
	ID      string   `json:"id"`
	Zh      string   `json:"zh"`
	En      string   `json:"en"`
	Formula Words    `json:"formula"`
	Unit    string   `json:"unit" enum:"count,share,persons,messages,days,minutes"`
	Grain   []string `json:"grain"`
	Needs   []string `json:"needs" enum:"messages,roster,joins"`
	Source  []string `json:"source" doc:"capability numbers, S75"`
	Refs    []Ref    `json:"references,omitempty" doc:"the field's reference values (参考值)"`
}

// Words is a text in the product's two languages.
type Words struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// Ref is a reference value with its source.
type Ref struct {
	Band   string   `json:"band" enum:"alert,watch,good,excellent"`
	Below  *float64 `json:"below,omitempty"`
	Above  *float64 `json:"above,omitempty"`
	Source string   `json:"source"`
}

// OutboxEntry is an action on its way to a platform.
type OutboxEntry struct {
	Key        string               `json:"key"`
	Group      community.GroupID    `json:"group"`
	GroupName  string               `json:"group_name,omitempty"`
	Kind       string               `json:"kind" enum:"send,recall,mute,mute_all,remove,announce,rename,invite,approve,refuse"`
	Class      string               `json:"class" enum:"moderation,reply,routine,broadcast"`
	Text       string               `json:"text"`
	Member     community.IdentityID `json:"member,omitempty"`
	Name       string               `json:"name,omitempty" doc:"of the member concerned"`
	Reason     string               `json:"reason,omitempty"`
	State      string               `json:"state" enum:"queued,sending,done,failed,unknown,suggested,expired,cancelled,handed,dry"`
	Connection string               `json:"connection,omitempty" doc:"that carried it, or tried to"`
	Batch      string               `json:"batch,omitempty"`
	Task       int64                `json:"task,omitempty" doc:"a person has to do it"`
	Cause      string               `json:"cause" doc:"which part of the machine, or which person, decided"`
	CauseSeq   community.Seq        `json:"cause_seq"`
	By         community.StaffID    `json:"by,omitempty"`
	DueAt      int64                `json:"due_at"`
	Until      int64                `json:"until,omitempty" doc:"of a mute"`
	DoneAt     int64                `json:"done_at"`
	Attempts   int                  `json:"attempts"`
	Code       string               `json:"code,omitempty" doc:"why it was not done, or not yet: 'wecom/60020' is a driver with its platform's number or its own word, 'expired' without a driver is ours"`
	Said       string               `json:"said,omitempty" doc:"the platform's own words"`
	Error      string               `json:"error,omitempty" doc:"all that is known of it, in English, for programs"`
	Handled    int64                `json:"handled,omitempty" doc:"when people said that they have dealt with what became of it"`
	Waits      string               `json:"waits,omitempty" doc:"why it has not gone out yet: rate_account, rate_group, quiet_hours, warm_up, daily_limit, paused_account, paused_group, paused_all, spread"`
	WaitsUntil int64                `json:"waits_until,omitempty"`
}

// Parked is an event that could not be decided.
type Parked struct {
	Seq   community.Seq     `json:"seq"`
	Kind  string            `json:"kind"`
	Group community.GroupID `json:"group"`
	At    int64             `json:"at"`
	Error string            `json:"error"`
	State string            `json:"state" enum:"parked,retried"`
}

// Loop is how far a loop is.
type Loop struct {
	Name   string        `json:"name" enum:"decide,project,search,dispatch"`
	Cursor community.Seq `json:"cursor"`
	Head   community.Seq `json:"head"`
	Behind int64         `json:"behind"`
}
