package team

import (
	"context"
	"database/sql"
	"errors"

	"qunying/internal/store"
)

// Fact reads a fact of the installation; "" where it is not set.
func Fact(ctx context.Context, q store.Querier, key string) (string, error) {
	var value string
	err := q.QueryRowContext(ctx, `SELECT value FROM installation WHERE key = $1`, key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// SetFact writes a fact of the installation.
func SetFact(ctx context.Context, tx *store.Tx, key, value string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO installation (key, value) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}

// TakeFact removes a fact if it still has that value, and says whether it did:
// of several who take the same one, one gets it.
func TakeFact(ctx context.Context, tx *store.Tx, key, value string) (bool, error) {
	res, err := tx.ExecContext(ctx, `DELETE FROM installation WHERE key = $1 AND value = $2`, key, value)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
