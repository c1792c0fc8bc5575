package store

import (
	"qunying/community"
	"strconv"
	"strings"
)

// Listed writes numbers into a statement as places, "($3, $4, …)", and appends
// them to its arguments. The list grows in steps, its last number being repeated,
// so that few different statements come to be and they stay prepared. No numbers
// are "(NULL)", which nothing equals.
func Listed[T ~int64 | ~uint32](args []any, numbers []T) (places string, all []any) {
	if len(numbers) == 0 {
		return "(NULL)", args
	}
	var b strings.Builder
	for i := range ListLength(len(numbers)) {
		args = append(args, int64(numbers[min(i, len(numbers)-1)]))
		b.WriteString(", $")
		b.WriteString(strconv.Itoa(len(args)))
	}
	return "(" + b.String()[2:] + ")", args
}

// ListLength is how long a list in a statement is that holds n values: 1, 4, 16
// and so on.
func ListLength(n int) int {
	length := 1
	for length < n {
		length *= 4
	}
	return length
}

// insideOf is the condition that a row's group is one of these, with the arguments
// that it adds; nil: any group, and no condition.
func insideOf(args []any, groups []community.GroupID) (condition string, all []any) {
	if groups == nil {
		return "", args
	}
	places, args := Listed(args, groups)
	return `AND group_id IN ` + places + ` `, args
}
