package wecomarchive

import (
	"context"
	"errors"
	"strconv"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecomarchive/pipe"
)

var (
	errNone = errors.New("none")
	errKey  = errors.New("no key fits")
)

// Probe makes the checks of the wizard: "library" (the helper runs and the library
// takes the secret), "sign_in" (the interface takes it as well), "seats" (somebody
// is archived), "archive" (there is something to read, or could be), "keys" (what
// there is can be opened). It reads the record that Run reads next, else the first
// of those that the platform keeps, and moves no position.
func (a *account) Probe(ctx context.Context) []connector.Finding {
	var found []connector.Finding
	note := func(check string, err error) bool {
		found = append(found, finding(check, err))
		return err == nil
	}
	defer a.rest()
	from := a.marked().seq
	answer, err := a.helper.call(ctx, pipe.Request{Do: pipe.Chat, Seq: from, Limit: 1})
	if note("library", err); err != nil && codeOf(err) == 0 {
		return found
	}
	if _, serr := a.sign(ctx, ""); note("sign_in", serr) {
		seats, err := a.Seats(ctx)
		if err == nil && len(seats) == 0 {
			err = &community.Error{Code: community.Invalid, Text: "no employee has a seat", Err: errNone}
		}
		note("seats", err)
	}
	if err != nil {
		return found
	}
	records, err := parseRecords(answer.Data, from)
	if err == nil && len(records) == 0 && from > 0 {
		if answer, err = a.helper.call(ctx, pipe.Request{Do: pipe.Chat, Limit: 1}); err == nil {
			records, err = parseRecords(answer.Data, 0)
		}
	}
	if err == nil && len(records) == 0 {
		found = append(found, connector.Finding{Check: "archive", OK: true, Code: "empty"})
		return found
	}
	if !note("archive", err) {
		return found
	}
	x := records[0]
	key, err := a.keys.unwrap(x.Version, x.Key)
	if err == nil {
		_, err = a.helper.call(ctx, pipe.Request{Do: pipe.Decrypt, Key: key, Message: x.Message})
	} else {
		err = &community.Error{Code: community.Invalid, Text: err.Error(), Err: errKey}
	}
	note("keys", err)
	return found
}

// finding says what one check found. Codes that are no numbers: "missing",
// "crashed", "none", "no_key", "unreachable", "refused".
func finding(check string, err error) connector.Finding {
	f := connector.Finding{Check: check, OK: err == nil}
	if err == nil {
		return f
	}
	f.Detail = err.Error()
	switch {
	case codeOf(err) != 0:
		f.Code = strconv.Itoa(codeOf(err))
	case errors.Is(err, errMissing):
		f.Code = "missing"
	case errors.Is(err, errDied):
		f.Code = "crashed"
	case errors.Is(err, errNone):
		f.Code = "none"
	case errors.Is(err, errKey):
		f.Code = "no_key"
	case community.CodeOf(err) == community.Unavailable:
		f.Code = connector.Unanswered(err)
	default:
		f.Code = "refused"
	}
	return f
}
