package main

import (
	"context"
	"encoding/json"
	"io"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/store"
)

// queries answers composed questions, and writes them as files.
type queries struct {
	*answers.Reader
	console *console
}

// tableMedia are the kinds of files that tables are written as.
var tableMedia = map[string]string{
	"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// TakeQuery answers first, so that what is refused is refused before the first byte,
// and writes down who took what.
func (x queries) TakeQuery(ctx context.Context, c community.ID, by community.StaffID, in api.QueryInput, layout, language string) (api.ExportFile, error) {
	a, err := x.Ask(ctx, c, in)
	if err != nil {
		return api.ExportFile{}, err
	}
	what, err := json.Marshal(in)
	if err != nil {
		return api.ExportFile{}, err
	}
	now := x.console.now()
	if err := x.console.db.Write(ctx, func(tx *store.Tx) error {
		return tx.Audit(c, by, now.UnixMilli(), "query.export", "query", "", string(what))
	}); err != nil {
		return api.ExportFile{}, err
	}
	return api.ExportFile{Name: "qunying-query-" + now.UTC().Format("20060102-150405") + "." + layout, Media: tableMedia[layout],
		Write: func(_ context.Context, w io.Writer) error {
			return answers.WriteTables(w, layout, answers.QueryTables(a, language))
		}}, nil
}
