package api

import (
	"context"

	"qunying/community"
)

// Tasks are what people have to do (待办).
type Tasks interface {
	// Tasks answers the most urgent first, and the place of the last line.
	Tasks(ctx context.Context, c community.ID, q TasksQuery) (TasksAnswer, Place, error)
	// Task fails with NotFound.
	Task(ctx context.Context, c community.ID, id int64) (TaskView, error)
}

// TasksQuery asks for tasks. Zero fields do not filter.
type TasksQuery struct {
	State  string
	Group  community.GroupID
	Keeper community.StaffID
	Mine   []community.GroupID // only tasks in these groups, and those that are By's; nil: all
	By     community.StaffID
	After  Place
	Limit  int
}

// TasksAnswer is a page of tasks.
type TasksAnswer struct {
	Answer
	Page
	WhoseView
	Tasks  []TaskView  `json:"tasks"`
	Timing []TaskTimes `json:"timing" doc:"how long tasks took that were closed in the last 30 days"`
}

// TaskAnswer is one task.
type TaskAnswer struct {
	Answer
	Task TaskView `json:"task"`
}

// TaskView is something that a person has to do, with everything prepared.
type TaskView struct {
	ID        int64                `json:"id"`
	Kind      string               `json:"kind" doc:"action: do by hand what the machine cannot"`
	Action    string               `json:"action,omitempty" doc:"kind of the action: remove, announce, send, …"`
	Entry     string               `json:"entry,omitempty" doc:"key of the action in the outbox"`
	State     string               `json:"state" enum:"open,done,dropped"`
	Group     community.GroupID    `json:"group"`
	GroupName string               `json:"group_name"`
	Network   string               `json:"network"`
	Member    community.IdentityID `json:"member,omitempty"`
	Name      string               `json:"name,omitempty" doc:"of the member concerned"`
	MemberID  string               `json:"member_id,omitempty" doc:"of the member, on the platform"`
	Text      string               `json:"text,omitempty" doc:"to be pasted"`
	Link      string               `json:"link,omitempty" doc:"into the platform's client"`
	Until     int64                `json:"until,omitempty" doc:"of a mute: when it ends; absent: it lifts one"`
	Backup    community.StaffID    `json:"backup,omitempty" doc:"whose it becomes when half of its time is over"`
	Reason    string               `json:"reason,omitempty"`
	Keeper    community.StaffID    `json:"keeper" doc:"0: anybody"`
	Proposal  bool                 `json:"proposal" doc:"it lies in the platform's own client, which tells us when it is done"`
	OpenedAt  int64                `json:"opened_at"`
	DueAt     int64                `json:"due_at"`
	Reminders int                  `json:"reminders"`
	ClosedAt  int64                `json:"closed_at,omitempty"`
	ClosedBy  community.StaffID    `json:"closed_by,omitempty" doc:"0: it closed itself"`
	How       string               `json:"how,omitempty" doc:"what proved it: member.left, echo, platform, person, …"`
	Proof     string               `json:"proof,omitempty"`
}

// TaskTimes is how long tasks of one kind of action took.
type TaskTimes struct {
	Action  string  `json:"action"`
	Closed  int64   `json:"closed"`
	Minutes float64 `json:"minutes" doc:"median from opening to closing"`
	Late    int64   `json:"late" doc:"closed after their time"`
}

// CloseTaskInput says how a task ended.
type CloseTaskInput struct {
	How   string `json:"how" enum:"done,dropped"`
	Proof string `json:"proof,omitempty" maxLength:"2000" doc:"what shows that it was done, or why it is dropped"`
}

type tasksInput struct {
	InCommunity
	InPage
	InWhose
	State  string            `query:"state" enum:"open,done,dropped" default:"open"`
	Group  community.GroupID `query:"group" minimum:"0"`
	Keeper community.StaffID `query:"keeper" minimum:"0"`
}

func (s *Server) tasks(ctx context.Context, c call, in *tasksInput) (TasksAnswer, error) {
	whose, mine, err := s.whose(ctx, c, in.Whose)
	if err != nil {
		return TasksAnswer{}, err
	}
	q := TasksQuery{State: in.State, Group: in.Group, Keeper: in.Keeper, Mine: mine, By: c.visitor.staff.ID, Limit: in.Limit}
	seal := sealOf("tasks", c.community.ID, q)
	if q.After, err = openCursor(in.Cursor, seal); err != nil {
		return TasksAnswer{}, err
	}
	out, last, err := s.needs.Tasks.Tasks(ctx, c.community.ID, q)
	out.WhoseView = whose
	out.Next = writeCursor(last, seal)
	return out, err
}

type InTask struct {
	InCommunity
	Task int64 `path:"task" minimum:"1"`
}

type closeTaskInput struct {
	InTask
	Key  string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"200"`
	Body CloseTaskInput
}

func (s *Server) closeTask(ctx context.Context, c call, in *closeTaskInput) (TaskAnswer, error) {
	return s.taskStep(ctx, c, in.Task, Command{Kind: community.TaskClose, Key: in.Key, Task: in.Task, How: in.Body.How, Text: in.Body.Proof})
}

type remindTaskInput struct {
	InTask
	Key string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"200"`
}

func (s *Server) remindTask(ctx context.Context, c call, in *remindTaskInput) (TaskAnswer, error) {
	return s.taskStep(ctx, c, in.Task, Command{Kind: community.TaskRemind, Key: in.Key, Task: in.Task})
}

func (s *Server) taskStep(ctx context.Context, c call, id int64, cmd Command) (TaskAnswer, error) {
	cmd.By = c.visitor.staff.ID
	out, err := s.needs.Commands.Do(ctx, c.community.ID, cmd)
	if err != nil {
		return TaskAnswer{}, err
	}
	t, err := s.needs.Tasks.Task(ctx, c.community.ID, id)
	return TaskAnswer{Answer{out.AsOf}, t}, err
}
