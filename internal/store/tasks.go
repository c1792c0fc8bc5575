package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"time"

	"qunying/community"
)

// TaskState is whether a task is still to be done.
type TaskState string

const (
	TaskOpen    TaskState = "open"
	TaskDone    TaskState = "done"
	TaskDropped TaskState = "dropped" // nobody will do it
)

// ActionTask is the kind of a task that stands for an action.
const ActionTask = "action"

// Task is what a person has to do (待办). Its number is the place in the log of
// the event that opened it.
type Task struct {
	Community community.ID
	ID        community.Seq
	Kind      string
	Group     community.GroupID
	Identity  community.IdentityID // the member concerned, or 0
	Keeper    community.StaffID    // whose it is, 0: anybody's
	Backup    community.StaffID    // whose it becomes when half of its time is over, 0: nobody's
	State     TaskState
	Link      string // into the platform's client, or ""
	Text      string // what is to be said or done, of one that stands for no action
	OpenedAt  time.Time
	DueAt     time.Time
	ToldAt    time.Time // when the keeper was told, zero: not
	Reminders int
	ClosedAt  time.Time
	ClosedBy  community.StaffID // 0: it closed itself
	How       string            // the kind of event that proved it, "platform", "person"
	Proof     string
	Action    Outgoing // what is to be done
}

// OpenTask opens a task for an action, or the same one again.
func (tx *Tx) OpenTask(t Task) error {
	_, err := tx.Exec(`INSERT INTO task (community_id, task_id, kind, action, group_id, identity_id, keeper, state, link, opened_at, due_at,
			told_at, reminders, closed_at, closed_by, how, proof, backup, text)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, $11, 0, 0, 0, '', '', $12, $13)
		ON CONFLICT (community_id, action) WHERE action IS NOT NULL DO UPDATE SET task_id = excluded.task_id, keeper = excluded.keeper,
			state = 'open', link = excluded.link, opened_at = excluded.opened_at, due_at = excluded.due_at, told_at = excluded.told_at,
			closed_at = 0, closed_by = 0, how = '', proof = '', backup = excluded.backup, text = excluded.text`,
		int64(t.Community), int64(t.ID), t.Kind, t.Action.Key[:], int64(t.Group), int64(t.Identity), int64(t.Keeper), cleanText(t.Link),
		millis(t.OpenedAt), millis(t.DueAt), millis(t.ToldAt), int64(t.Backup), cleanText(t.Text))
	return unavailable(err)
}

// PassTask makes an open task its backup's. It reports false where the task is
// over, has none, or became somebody else's meanwhile.
func (tx *Tx) PassTask(c community.ID, id community.Seq, from community.StaffID) (bool, error) {
	res, err := tx.Exec(`UPDATE task SET keeper = backup, backup = 0 WHERE community_id = $1 AND task_id = $2 AND state = 'open' AND keeper = $3 AND backup <> 0`,
		int64(c), int64(id), int64(from))
	return moved(res, err)
}

// Closing says how a task ended.
type Closing struct {
	State TaskState
	At    time.Time
	By    community.StaffID // 0: it closed itself
	How   string
	Proof string
}

// CloseTask ends the task that stands for an action. It reports whether one was open.
func (tx *Tx) CloseTask(c community.ID, action community.Key, end Closing) (bool, error) {
	res, err := tx.Exec(`UPDATE task SET state = $3, closed_at = $4, closed_by = $5, how = $6, proof = $7
		WHERE community_id = $1 AND action = $2 AND action IS NOT NULL AND state = 'open'`,
		int64(c), action[:], string(end.State), millis(end.At), int64(end.By), end.How, cleanText(end.Proof))
	return moved(res, err)
}

// RemindTask counts a reminder of an open task.
func (tx *Tx) RemindTask(c community.ID, id community.Seq) (bool, error) {
	res, err := tx.Exec(`UPDATE task SET reminders = reminders + 1 WHERE community_id = $1 AND task_id = $2 AND state = 'open'`, int64(c), int64(id))
	return moved(res, err)
}

// TaskFilter says which tasks are wanted; zero values do not filter.
type TaskFilter struct {
	State    TaskState
	Group    community.GroupID
	Keeper   community.StaffID // theirs and anybody's
	Proposed bool              // only those that a person completes in a platform's client
	Actions  bool              // only those that stand for an action
	After    TaskPlace         // pages on
	Limit    int               // 0: 100

	Within []community.GroupID // nothing outside of these; nil: anywhere
	Mine   []community.GroupID // only in these, or By's; nil: all
	By     community.StaffID
}

// TaskPlace is a task's place in a list.
type TaskPlace struct {
	At time.Time // DueAt of an open task, ClosedAt otherwise
	ID community.Seq
}

// Place of the task in the list that it came from.
func (t *Task) Place() TaskPlace {
	if t.State == TaskOpen {
		return TaskPlace{t.DueAt, t.ID}
	}
	return TaskPlace{t.ClosedAt, t.ID}
}

const taskColumns = `task_id, kind, action, group_id, identity_id, keeper, state, link, opened_at, due_at, told_at, reminders,
	closed_at, closed_by, how, proof, backup, text`

// Tasks lists tasks with their actions: open ones by their due time, the most
// urgent first, then the closed ones, the last closed first. With a State only those.
func Tasks(ctx context.Context, q Querier, c community.ID, f TaskFilter) ([]Task, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	if f.State == "" {
		f.State = TaskOpen
		list, err := Tasks(ctx, q, c, f)
		if err != nil || len(list) >= f.Limit {
			return list, err
		}
		f.State, f.After, f.Limit = "closed", TaskPlace{}, f.Limit-len(list)
		closed, err := Tasks(ctx, q, c, f)
		return append(list, closed...), err
	}
	where, order := `AND state = 'open' AND (due_at > $5 OR due_at = $5 AND task_id > $6)`, `due_at, task_id`
	if f.State != TaskOpen {
		where = `AND (state = $7 OR $7 = 'closed' AND state <> 'open') AND (closed_at < $5 OR closed_at = $5 AND task_id < $6 OR $5 = 0)`
		order = `closed_at DESC, task_id DESC`
	} else {
		where += ` AND $7 = 'open'`
	}
	if f.Proposed {
		where += ` AND EXISTS (SELECT 1 FROM outbox o WHERE o.community_id = task.community_id AND o.key = task.action
			AND o.state = 'handed' AND o.proposal <> '')`
	}
	if f.Actions {
		where += ` AND kind = '` + ActionTask + `'`
	}
	inside, args := insideOf([]any{int64(c), int64(f.Group), int64(f.Keeper), f.Limit, millis(f.After.At), int64(f.After.ID), string(f.State)}, f.Within)
	if f.Mine != nil {
		args = append(args, int64(f.By))
		by := strconv.Itoa(len(args))
		var mine string
		mine, args = Listed(args, f.Mine)
		inside += `AND (keeper = $` + by + ` OR group_id IN ` + mine + `) `
	}
	return queryTasks(ctx, q, c, `AND (group_id = $2 OR $2 = 0) AND (keeper = $3 OR keeper = 0 OR $3 = 0) `+inside+where+` ORDER BY `+order+` LIMIT $4`,
		args[1:]...)
}

// TaskByID finds a task, false if there is none.
func TaskByID(ctx context.Context, q Querier, c community.ID, id community.Seq) (Task, bool, error) {
	return oneTask(queryTasks(ctx, q, c, `AND task_id = $2`, int64(id)))
}

// TaskByAction finds the task that stands for an action, false if there is none.
func TaskByAction(ctx context.Context, q Querier, c community.ID, action community.Key) (Task, bool, error) {
	return oneTask(queryTasks(ctx, q, c, `AND action = $2 AND action IS NOT NULL`, action[:]))
}

func oneTask(list []Task, err error) (Task, bool, error) {
	if err != nil || len(list) == 0 {
		return Task{}, false, err
	}
	return list[0], true, nil
}

// TasksOf lists a group's tasks of a kind that stand for no action, the newest first.
func TasksOf(ctx context.Context, q Querier, c community.ID, g community.GroupID, kind string, limit int) ([]Task, error) {
	return scanTasks(ctx, q, c, `AND kind = $2 AND kind <> 'action' AND group_id = $3 ORDER BY task_id DESC LIMIT $4`, []any{kind, int64(g), limit})
}

// LastOf is what became of a group's tasks of a kind.
type LastOf struct {
	Open   community.Seq // the newest that is open, 0: none
	Due    time.Time     // of it
	DoneAt time.Time     // when the last was done, zero: never
}

// LastTasks tells of all groups what became of their tasks of a kind that stands
// for no action.
func LastTasks(ctx context.Context, q Querier, c community.ID, kind string) (map[community.GroupID]LastOf, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, COALESCE(MAX(CASE WHEN state = 'open' THEN task_id END), 0),
			COALESCE(MAX(CASE WHEN state = 'open' THEN due_at END), 0), COALESCE(MAX(CASE WHEN state = 'done' THEN closed_at END), 0)
		FROM task WHERE community_id = $1 AND kind = $2 AND kind <> 'action' GROUP BY group_id`, int64(c), kind)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	all := map[community.GroupID]LastOf{}
	for rows.Next() {
		var g, due, done int64
		var l LastOf
		if err := rows.Scan(&g, (*int64)(&l.Open), &due, &done); err != nil {
			return nil, unavailable(err)
		}
		l.Due, l.DoneAt = fromMillis(due), fromMillis(done)
		all[community.GroupID(g)] = l
	}
	return all, unavailable(rows.Err())
}

// OpenTasksByGroup counts the open tasks of every group that has any.
func OpenTasksByGroup(ctx context.Context, q Querier, c community.ID) (map[community.GroupID]int, error) {
	return CountByGroup(ctx, q, `SELECT group_id, COUNT(*) FROM task WHERE community_id = $1 AND state = 'open' GROUP BY group_id`, c)
}

// CountByGroup runs a query for numbers of groups and how many of something they
// have; its one argument is the community.
func CountByGroup(ctx context.Context, q Querier, query string, c community.ID) (map[community.GroupID]int, error) {
	rows, err := q.QueryContext(ctx, query, int64(c))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	all := map[community.GroupID]int{}
	for rows.Next() {
		var g int64
		var n int
		if err := rows.Scan(&g, &n); err != nil {
			return nil, unavailable(err)
		}
		all[community.GroupID(g)] = n
	}
	return all, unavailable(rows.Err())
}

// TaskGroups lists the groups in which tasks are open that stand for actions.
func TaskGroups(ctx context.Context, q Querier, c community.ID) (map[community.GroupID]bool, error) {
	rows, err := q.QueryContext(ctx, `SELECT DISTINCT group_id FROM task WHERE community_id = $1 AND state = 'open' AND kind = '`+ActionTask+`'`, int64(c))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	groups := map[community.GroupID]bool{}
	for rows.Next() {
		var g int64
		if err := rows.Scan(&g); err != nil {
			return nil, unavailable(err)
		}
		groups[community.GroupID(g)] = true
	}
	return groups, unavailable(rows.Err())
}

func queryTasks(ctx context.Context, q Querier, c community.ID, where string, args ...any) ([]Task, error) {
	list, err := scanTasks(ctx, q, c, where, args)
	if err != nil {
		return nil, err
	}
	for i := range list {
		o, found, err := OutboxByKey(ctx, q, c, list[i].Action.Key)
		if err != nil {
			return nil, err
		}
		if found { // others stand for themselves
			list[i].Action = o
		}
	}
	return list, nil
}

func scanTasks(ctx context.Context, q Querier, c community.ID, where string, args []any) ([]Task, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+taskColumns+` FROM task WHERE community_id = $1 `+where, append([]any{int64(c)}, args...)...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Task
	for rows.Next() {
		t := Task{Community: c}
		var action sql.RawBytes
		var opened, due, told, closed int64
		if err := rows.Scan((*int64)(&t.ID), &t.Kind, &action, (*int64)(&t.Group), (*uint32)(&t.Identity), (*int64)(&t.Keeper), (*string)(&t.State),
			&t.Link, &opened, &due, &told, &t.Reminders, &closed, (*int64)(&t.ClosedBy), &t.How, &t.Proof, (*int64)(&t.Backup), &t.Text); err != nil {
			return nil, unavailable(err)
		}
		copy(t.Action.Key[:], action)
		t.OpenedAt, t.DueAt, t.ToldAt, t.ClosedAt = fromMillis(opened), fromMillis(due), fromMillis(told), fromMillis(closed)
		list = append(list, t)
	}
	return list, unavailable(rows.Err())
}

// DirectGroup finds the group that holds what is said to an account alone, or
// makes it.
func (tx *Tx) DirectGroup(c community.ID, n community.Network, account, outside string, zone *time.Location) (community.GroupID, error) {
	g, found, err := GroupByOutside(context.Background(), tx, c, n, outside)
	if err != nil || found {
		return g.ID, err
	}
	l, err := tx.lockLog(c)
	if err != nil {
		return 0, err
	}
	names := &numbers{tx: tx, log: l, community: c, fresh: map[nameKey]named{}}
	id, err := names.group(&Draft{Network: n, Group: outside, GroupName: account, Account: account, Zone: zone.String()})
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(`UPDATE log SET next_group = $2 WHERE community_id = $1`, int64(c), l.nextGroup); err != nil {
		return 0, unavailable(err)
	}
	return id, tx.SetDirect(c, id)
}

// TaskTimes is how long tasks of one kind took one keeper.
type TaskTimes struct {
	Kind    community.ActionKind
	Keeper  community.StaffID
	Done    int
	Dropped int
	Late    int     // done after they were due
	Median  float64 // minutes from open to done; 0 where none is done
}

// TimesOfTasks tells how long tasks took that were closed since the given time,
// by kind and keeper.
func TimesOfTasks(ctx context.Context, q Querier, c community.ID, since time.Time) ([]TaskTimes, error) {
	rows, err := q.QueryContext(ctx, `SELECT o.kind, t.keeper, t.state, t.opened_at, t.due_at, t.closed_at FROM task t
		JOIN outbox o ON o.community_id = t.community_id AND o.key = t.action
		WHERE t.community_id = $1 AND t.state <> 'open' AND t.closed_at >= $2 ORDER BY o.kind, t.keeper`, int64(c), millis(since))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []TaskTimes
	var took []float64 // of the last of list
	finish := func() {
		if len(took) == 0 {
			return
		}
		slices.Sort(took)
		n := len(took)
		list[len(list)-1].Median = (took[(n-1)/2] + took[n/2]) / 2
		took = took[:0]
	}
	for rows.Next() {
		var t TaskTimes
		var state TaskState
		var opened, due, closed int64
		if err := rows.Scan((*string)(&t.Kind), (*int64)(&t.Keeper), (*string)(&state), &opened, &due, &closed); err != nil {
			return nil, unavailable(err)
		}
		if n := len(list); n == 0 || list[n-1].Kind != t.Kind || list[n-1].Keeper != t.Keeper {
			finish()
			list = append(list, t)
		}
		last := &list[len(list)-1]
		if state == TaskDropped {
			last.Dropped++
			continue
		}
		last.Done++
		if closed > due {
			last.Late++
		}
		took = append(took, float64(closed-opened)/60_000)
	}
	finish()
	return list, unavailable(rows.Err())
}
