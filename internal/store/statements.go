package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	"modernc.org/sqlite"
)

// Parsing and planning a statement costs SQLite several times what running a
// short one does, and database/sql prepares each query anew. So the connections
// themselves keep what they have prepared, by its text.

const (
	statementsKept   = 96   // of one connection: those used last
	longestStatement = 8192 // bytes; longer ones hold numbers of the moment and do not come again
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
	query  string
	places []int // the argument of each place, from 0; nil: as they come
	args   []driver.NamedValue
	used   uint64 // by the connection's clock
}

// arranged puts arguments in the order of their places.
func (s *keptStatement) arranged(args []driver.NamedValue) []driver.NamedValue {
	if s.places == nil {
		return args
	}
	s.args = s.args[:0]
	for i, p := range s.places {
		if p >= len(args) {
			return args // the driver says what is missing
		}
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: args[p].Value})
	}
	return s.args
}

// take hands out a prepared statement. While it is out, the same query asked
// again gets another one, so that rows that are being read stay whole.
func (c *keepingConn) take(ctx context.Context, query string) (*keptStatement, error) {
	if s := c.kept[query]; s != nil {
		delete(c.kept, query)
		return s, nil
	}
	text, places := unnamed(query)
	s, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return &keptStatement{Stmt: s, query: query, places: places}, nil
}

// give takes a statement back.
func (c *keepingConn) give(s *keptStatement) error {
	clear(s.args) // keeps nothing alive that was bound
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
	res, err := s.Stmt.(driver.StmtExecContext).ExecContext(ctx, s.arranged(args))
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
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, s.arranged(args))
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

// unnamed writes $1, $2, … as ?, and says which argument each ? stands for; nil:
// they are in order, each once. SQLite looks a named place up by going through all
// of them, when it parses and again when it binds, so that a list of a thousand
// costs a million steps. What is quoted or a comment stays as it is.
func unnamed(query string) (text string, places []int) {
	var b strings.Builder
	inOrder := true
	for rest := query; rest != ""; {
		i := strings.IndexAny(rest, "$?'\"`-/")
		if i < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		rest = rest[i:]
		n := 1 // bytes to keep
		switch {
		case rest[0] == '?': // has unnamed places already
			return query, nil
		case rest[0] == '$':
			digits := 1
			for digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9' {
				digits++
			}
			if number, err := strconv.Atoi(rest[1:digits]); err == nil && number > 0 {
				inOrder = inOrder && number == len(places)+1
				places = append(places, number-1)
				b.WriteByte('?')
				rest = rest[digits:]
				continue
			}
		case strings.HasPrefix(rest, "--"):
			n = through(rest, 2, "\n")
		case strings.HasPrefix(rest, "/*"):
			n = through(rest, 2, "*/")
		case rest[0] != '-' && rest[0] != '/':
			n = through(rest, 1, rest[:1])
		}
		b.WriteString(rest[:n])
		rest = rest[n:]
	}
	if inOrder {
		places = nil
	}
	return b.String(), places
}

// through is where the first end after the opening is over.
func through(s string, opening int, end string) int {
	i := strings.Index(s[opening:], end)
	if i < 0 {
		return len(s)
	}
	return opening + i + len(end)
}
