package wire

import (
	"context"
	"time"

	"qunying/community"
	"qunying/connector"
)

// Store emits until it is on disk. While the log cannot be written for now
// (Unavailable), it tries again, with pauses of up to ten seconds. Its error is
// that of ctx once ctx has ended, otherwise why the observations are refused for
// good.
func Store(ctx context.Context, emit connector.Emit, o ...connector.Observation) error {
	pause := Pause{First: 200 * time.Millisecond, Most: 10 * time.Second}
	for len(o) > 0 {
		err := emit(ctx, o...)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case community.CodeOf(err) != community.Unavailable:
			return err
		}
		if err := pause.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}
