package insight

// Words is a text in the product's two languages.
type Words struct{ Zh, En string }

// Band says how a value is to be read (警戒 / 关注 / 达标 / 优秀).
type Band string

const (
	BandAlert     Band = "alert"
	BandWatch     Band = "watch"
	BandGood      Band = "good"
	BandExcellent Band = "excellent"
)

// Ref is a reference value of the field (参考值): from Above on, up to but not
// with Below. It is somebody's figure, never our promise.
type Ref struct {
	Band   Band
	Below  *float64
	Above  *float64
	Source string // S73
}

// Metric is an entry of the catalogue.
type Metric struct {
	ID      string
	Zh, En  string
	Formula Words
	Unit    string   // count, share, persons, messages, days
	Grain   []string // day, week, month, period
	Needs   []Level
	Source  []string // capability numbers, S75
	Refs    []Ref
}

// Catalogue lists the metrics, in the order in which people read them.
func Catalogue() []Metric { return nil }
