package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"regexp"
	"strings"

	"modernc.org/sqlite"
)

// Parsing and planning a statement costs SQLite several times what running a
// short one does, and database/sql prepares each query anew. So the connections
// themselves keep what they have prepared, by its text.

const (
	statementsKept   = 96   // of one connection: those used last
	longestStatement = 4096 // bytes; longer ones hold numbers of the moment and do not come again
)

// OpenSQLite opens a SQLite database (the driver's "file:" address) whose
// connections keep their statements prepared.
func OpenSQLite(dsn string) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(keeper{c}), nil
}

// keeper opens connections that keep their statements.
type keeper struct{ driver.Connector }

func (k keeper) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := c.(sqliteConn)
	if !ok {
		return nil, fmt.Errorf("store: a connection of SQLite is a %T, which cannot do all that is needed", c)
	}
	return &keepingConn{sqliteConn: full, kept: map[string]*keptStatement{}}, nil
}

// sqliteConn is what the driver's connections can do for database/sql.
type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keepingConn is a connection; database/sql lets one goroutine at a time use it.
type keepingConn struct {
	sqliteConn
	kept   map[string]*keptStatement // that nobody is using
	clock  uint64
	closed bool
}

type keptStatement struct {
	driver.Stmt
	query string
	used  uint64 // by the connection's clock
}

// take hands out a prepared statement. While it is out, the same query asked
// again gets another one, so that rows that are being read stay whole.
func (c *keepingConn) take(ctx context.Context, query string) (*keptStatement, error) {
	if s := c.kept[query]; s != nil {
		delete(c.kept, query)
		return s, nil
	}
	s, err := c.PrepareContext(ctx, unnamed(query))
	if err != nil {
		return nil, err
	}
	return &keptStatement{Stmt: s, query: query}, nil
}

// give takes a statement back.
func (c *keepingConn) give(s *keptStatement) error {
	if c.closed || len(s.query) > longestStatement || c.kept[s.query] != nil {
		return s.Close()
	}
	c.clock++
	s.used = c.clock
	c.kept[s.query] = s
	if len(c.kept) <= statementsKept {
		return nil
	}
	oldest := s
	for _, k := range c.kept {
		if k.used < oldest.used {
			oldest = k
		}
	}
	delete(c.kept, oldest.query)
	return oldest.Close()
}

// ExecContext runs a statement that is kept.
func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	res, err := s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	if err != nil {
		_ = s.Close() // what went wrong is told already
		return nil, err
	}
	return res, c.give(s)
}

// QueryContext runs a query that is kept; it comes back when its rows are closed.
func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		_ = s.Close() // what went wrong is told already
		return nil, err
	}
	return &keptRows{rows, c, s}, nil
}

// Close closes the connection with all that it keeps.
func (c *keepingConn) Close() error {
	c.closed = true
	for _, s := range c.kept {
		_ = s.Close() // the connection's own error tells more
	}
	clear(c.kept)
	return c.sqliteConn.Close()
}

// keptRows are the rows of a kept statement.
type keptRows struct {
	driver.Rows
	conn *keepingConn
	s    *keptStatement
}

// Close gives the statement back.
func (r *keptRows) Close() error {
	err := r.Rows.Close()
	s := r.s
	if s == nil {
		return err
	}
	r.s = nil
	if err != nil {
		_ = s.Close() // what went wrong is told already
		return err
	}
	return r.conn.give(s)
}

var placeholder = regexp.MustCompile(`\$[0-9]+`)

// unnamed writes $1, $2, … as ?, which SQLite binds without looking for a name,
// where they stand in order, each once, and nothing quoted can be meant.
func unnamed(query string) string {
	if strings.ContainsAny(query, "'\"`-/?") {
		return query
	}
	n := 0
	inOrder := true
	out := placeholder.ReplaceAllStringFunc(query, func(p string) string {
		n++
		inOrder = inOrder && p == fmt.Sprintf("$%d", n)
		return "?"
	})
	if !inOrder {
		return query
	}
	return out
}
