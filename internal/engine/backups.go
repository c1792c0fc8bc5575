package engine

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/backup"
	"qunying/internal/store/media"
)

// BackupKey is the setting of the installation's first community that says how
// often the database is copied.
const BackupKey = "backups"

// BackupPlan is when copies are made, and how many are kept.
type BackupPlan struct {
	Every int `json:"every_hours"` // 0: only when somebody asks
	Keep  int `json:"keep"`        // the newest; 0: seven
}

const (
	keepBackups = 7
	mostEvery   = 24 * 31
	mostKept    = 365
)

// Check says what is wrong with a plan before it is saved.
func (p BackupPlan) Check() error {
	if p.Every < 0 || p.Every > mostEvery || p.Keep < 0 || p.Keep > mostKept {
		return community.Errorf(community.Invalid, "a plan is up to %d hours and %d copies", mostEvery, mostKept)
	}
	return nil
}

func (p BackupPlan) keep() int {
	if p.Keep == 0 {
		return keepBackups
	}
	return p.Keep
}

// Job is a long piece of work that somebody asked for, or a plan.
type Job struct {
	Kind   string // backup, erase, retain
	Share  float64
	At     time.Time
	DoneAt time.Time // zero: under way
	Err    error
}

// jobs remembers the last job of each kind. The zero value is ready.
type jobs struct {
	mu  sync.Mutex
	all map[string]*Job
}

// begin notes that a job has begun, unless one of its kind is under way.
func (j *jobs) begin(kind string, now time.Time) (*Job, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if is := j.all[kind]; is != nil && is.DoneAt.IsZero() {
		return is, false
	}
	if j.all == nil {
		j.all = map[string]*Job{}
	}
	job := &Job{Kind: kind, At: now}
	j.all[kind] = job
	return job, true
}

func (j *jobs) seen(job *Job, share float64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	job.Share = share
}

func (j *jobs) end(job *Job, now time.Time, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	job.DoneAt, job.Err = now, err
	if err == nil {
		job.Share = 1
	}
}

// Jobs lists the last job of each kind.
func (e *Engine) Jobs() []Job {
	e.jobs.mu.Lock()
	defer e.jobs.mu.Unlock()
	var list []Job
	for _, kind := range slices.Sorted(maps.Keys(e.jobs.all)) {
		list = append(list, *e.jobs.all[kind])
	}
	return list
}

// inBackground runs a job for as long as the engine runs. It fails with Conflict
// while one of its kind is under way, and with Unavailable when the engine does
// not run.
func (e *Engine) inBackground(kind string, do func(ctx context.Context, job *Job) error) error {
	e.mu.Lock()
	ctx := e.running
	e.mu.Unlock()
	if ctx == nil || ctx.Err() != nil {
		return community.Errorf(community.Unavailable, "the server is stopping").WithHint("try again when it runs")
	}
	job, fresh := e.jobs.begin(kind, e.now())
	if !fresh {
		return community.Errorf(community.Conflict, "the same is under way already").WithHint("wait until it is done")
	}
	e.work.Go(func() {
		err := guard(func() error { return do(ctx, job) })
		e.jobs.end(job, e.now(), err)
		if err != nil && ctx.Err() == nil {
			e.log.Error("a job failed", "job", kind, "err", err)
		}
		e.changes.send(Change{Community: community.DefaultID, What: "settings"})
	})
	return nil
}

// BackupFolder is where copies are made.
func (e *Engine) BackupFolder() string { return filepath.Join(e.files, "backups") }

// StartBackup makes a copy in the background.
func (e *Engine) StartBackup() error {
	return e.inBackground("backup", func(ctx context.Context, job *Job) error {
		_, err := e.backup(ctx, func(share float64, _ int64) { e.jobs.seen(job, share) })
		return err
	})
}

// backup makes a copy, carries it elsewhere and removes what is more than the plan keeps.
func (e *Engine) backup(ctx context.Context, seen func(float64, int64)) (backup.Manifest, error) {
	plan, _, err := e.BackupPlan(ctx)
	if err != nil {
		return backup.Manifest{}, err
	}
	m, err := backup.Make(ctx, e.db, backup.Options{Folder: e.BackupFolder(), Program: e.program, Now: e.now(), Seen: seen})
	if err != nil {
		return m, err
	}
	if err := backup.Verify(ctx, e.BackupFolder(), m); err != nil {
		return m, err
	}
	pictures := filepath.Join(e.files, "media")
	if _, err := media.Mirror(ctx, pictures, media.Beside(e.BackupFolder())); err != nil {
		return m, err
	}
	if err := MergeErased(e.files, e.BackupFolder()); err != nil {
		return m, err
	}
	gone, err := backup.Prune(e.BackupFolder(), plan.keep())
	if err != nil {
		return m, err
	}
	if e.elsewhere != "" {
		if err := backup.Carry(ctx, e.BackupFolder(), e.elsewhere, m); err != nil {
			return m, err
		}
		if _, err := media.Mirror(ctx, pictures, media.Beside(e.elsewhere)); err != nil {
			return m, err
		}
		if err := MergeErased(e.files, e.elsewhere); err != nil {
			return m, err
		}
		if _, err := backup.Prune(e.elsewhere, plan.keep()); err != nil {
			return m, err
		}
	}
	e.log.Info("the database was copied", "file", m.Name, "bytes", m.Bytes, "seconds", m.Seconds, "removed", len(gone))
	return m, e.db.Write(ctx, func(tx *store.Tx) error {
		return tx.Audit(community.DefaultID, 0, e.now().UnixMilli(), "backup.made", m.Name, "", "")
	})
}

// BackupPlan reads the plan, and its version.
func (e *Engine) BackupPlan(ctx context.Context) (plan BackupPlan, version int64, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		version, err = store.ReadSetting(ctx, q, community.DefaultID, 0, BackupKey, &plan)
		return err
	})
	return plan, version, err
}

// Backups is what copies there are.
type Backups struct {
	Here      []backup.Manifest // the newest first
	Elsewhere []backup.Manifest
	Has       bool    // an elsewhere was given
	Share     float64 // of the events now in the database, in the newest copy elsewhere
	ShareHere float64
	ElseErr   error // why elsewhere cannot be read
}

// Backups lists the copies, here and elsewhere.
func (e *Engine) Backups(ctx context.Context) (b Backups, err error) {
	var events int64
	if err := e.db.Read(ctx, func(q store.Querier) error {
		events, err = backup.Events(ctx, q)
		return err
	}); err != nil {
		return b, err
	}
	if b.Here, err = backup.List(e.BackupFolder()); err != nil {
		return b, err
	}
	if len(b.Here) > 0 {
		b.ShareHere = backup.Share(b.Here[0], events)
	}
	if b.Has = e.elsewhere != ""; b.Has {
		if b.Elsewhere, b.ElseErr = backup.List(e.elsewhere); len(b.Elsewhere) > 0 {
			b.Share = backup.Share(b.Elsewhere[0], events)
		}
	}
	return b, nil
}

// keepHouse does what is due: copies by plan, and removing what need not be kept.
func (e *Engine) keepHouse(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		if err := errors.Join(e.backupIfDue(ctx), e.retainIfDue(ctx), e.resumeErasures(ctx)); err != nil && ctx.Err() == nil {
			e.log.Error("keeping house failed; it will be tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (e *Engine) backupIfDue(ctx context.Context) error {
	plan, _, err := e.BackupPlan(ctx)
	if err != nil || plan.Every == 0 {
		return err
	}
	list, err := backup.List(e.BackupFolder())
	if err != nil {
		return err
	}
	if len(list) > 0 && e.now().Sub(list[0].At) < time.Duration(plan.Every)*time.Hour {
		return nil
	}
	// A copy that failed is tried again after a while, not every minute.
	for _, j := range e.Jobs() {
		if j.Kind == "backup" && (j.DoneAt.IsZero() || j.Err != nil && e.now().Sub(j.DoneAt) < 10*time.Minute) {
			return nil
		}
	}
	return e.StartBackup()
}
