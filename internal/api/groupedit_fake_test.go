package api

import (
	"context"

	"qunying/community"
)

// editor stands for what changes settings in many groups.
type editor struct{}

func (editor) PreviewEdit(_ context.Context, _ community.ID, in GroupEditInput) (EditPreviewAnswer, error) {
	a := EditPreviewAnswer{Answer: Answer{42}, Changed: len(in.Groups), Seen: "abc"}
	for _, g := range in.Groups {
		a.Groups = append(a.Groups, EditedGroup{Group: g, Changes: []FieldChange{}})
	}
	return a, nil
}

func (editor) EditGroups(_ context.Context, _ community.ID, _ community.StaffID, in GroupEditInput) (GroupEditAnswer, error) {
	return GroupEditAnswer{Answer: Answer{43}, ID: 1, Groups: len(in.Groups)}, nil
}

func (editor) GroupEdits(context.Context, community.ID) (GroupEditsAnswer, error) {
	return GroupEditsAnswer{Answer: Answer{42}, Edits: []GroupEditView{}}, nil
}

func (editor) UndoEdit(context.Context, community.ID, community.StaffID, int64) (EditUndoneAnswer, error) {
	return EditUndoneAnswer{Answer: Answer{44}}, nil
}
