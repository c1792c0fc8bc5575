package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/moderation/classify"
	"qunying/internal/moderation/lexicon"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/transcript"
)

// inspectCmd says of messages what a group's machine would see in them.
type inspectCmd struct {
	File      string   `arg:"" optional:"" default:"-" help:"One message a line, a newline inside it written \\n; - is standard input."`
	JSON      bool     `name:"json" help:"Print one JSON object a line instead of text."`
	Lexicon   []string `help:"More words to look for (txt, csv, xlsx). Can be given again." type:"existingfile" placeholder:"FILE"`
	Starter   bool     `help:"Look for the words that every community begins with." default:"true" negatable:""`
	Preset    string   `help:"Judge by this preset of rules." default:"general"`
	Decisions string   `help:"CSV of label (1 or 0) and text: decisions on adverts to learn from before judging." type:"existingfile" placeholder:"FILE"`
	Explain   bool     `help:"Say which parts of a message spoke for a class."`
}

const (
	longestLine = 64 << 10 // bytes
	batchLines  = 128
	mostReasons = 5
)

// inspection is what is printed of a message.
type inspection struct {
	Line    int                           `json:"line"`
	Error   string                        `json:"error,omitempty"`
	Normal  string                        `json:"normal"`
	Hits    []read.Hit                    `json:"hits"`
	Found   []read.Found                  `json:"found"`
	Scores  classify.Scores               `json:"scores"`
	Because map[string][]classify.Because `json:"because,omitempty"`
	Verdict verdict                       `json:"verdict"`
}

// verdict is what the policy says, with a category also where it says nothing.
type verdict struct {
	Category string `json:"category"`
	policy.Verdict
}

// harmless is the category of a message that no clause concerns.
const harmless = "harmless"

// inspector is what all messages are held against.
type inspector struct {
	reader  *read.Reader
	model   *classify.Model
	local   *classify.Local
	judge   *policy.Judge
	explain bool
}

func (c *inspectCmd) Run(ctx context.Context, o *output) error {
	in, err := c.ready()
	if err != nil {
		return err
	}
	from := io.Reader(os.Stdin)
	if c.File != "-" {
		f, err := os.Open(filepath.Clean(c.File))
		if err != nil {
			return &community.Error{Code: community.NotFound, Text: "the file cannot be read", Err: err}
		}
		defer f.Close()
		from = f
	}
	show := inspection.text
	if c.JSON {
		show = inspection.json
	}
	return in.stream(ctx, from, o.stdout, show)
}

// ready prepares what messages are held against.
func (c *inspectCmd) ready() (*inspector, error) {
	config := read.Config{}
	if c.Starter {
		config.Lexicons = lexicon.Starter()
	}
	for _, path := range c.Lexicon {
		entries, err := readLexicon(path)
		if err != nil {
			return nil, err
		}
		config.Lexicons = append(config.Lexicons, lexicon.Lexicon{Name: filepath.Base(path), Entries: entries})
	}
	in := &inspector{model: classify.Default(), explain: c.Explain}
	p, err := policy.Preset(c.Preset, "zh-CN")
	if err != nil {
		return nil, err
	}
	if in.judge, err = policy.Compile(p); err != nil {
		return nil, err
	}
	if in.reader, err = read.New(config); err != nil {
		return nil, err
	}
	if c.Decisions != "" {
		judged, err := readDecisions(c.Decisions)
		if err != nil {
			return nil, err
		}
		if in.local, err = in.model.Learn(classify.Advert, judged, nil); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func readLexicon(path string) ([]lexicon.Entry, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, &community.Error{Code: community.NotFound, Text: "the lexicon cannot be read", Err: err}
	}
	defer f.Close()
	format := lexicon.Format(strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), "."))
	entries, err := lexicon.Import(f, format)
	if format == lexicon.CSV {
		lexicon.EachCell(entries, transcript.UnguardCell)
	}
	return entries, err
}

func readDecisions(path string) ([]classify.Judged, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, &community.Error{Code: community.NotFound, Text: "the decisions cannot be read", Err: err}
	}
	defer f.Close()
	c := csv.NewReader(f)
	c.LazyQuotes, c.FieldsPerRecord, c.ReuseRecord = true, -1, true
	var out []classify.Judged
	for line := 1; ; line++ {
		row, err := c.Read()
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, &community.Error{Code: community.Invalid, Text: "the decisions are no CSV", Err: err}
		case len(row) == 2 && (row[0] == "0" || row[0] == "1"):
			out = append(out, classify.Judged{Text: row[1], Bad: row[0] == "1"})
		case line > 1:
			return nil, community.Errorf(community.Invalid, "line %d of the decisions is not a label (0 or 1) and a text", line)
		}
	}
}

// batch is some lines, and what is printed of them.
type batch struct {
	first int // number of its first line
	lines []string
	out   chan []byte
	wrong int // its first wrong line; 0: none
}

// stream inspects line by line, several batches at once, and prints in the order
// of the lines. A line that cannot be read is answered by an object with an error;
// the first of them is the error returned at the end, as Invalid.
func (in *inspector) stream(ctx context.Context, from io.Reader, to io.Writer, show func(inspection, *bytes.Buffer, string)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	work := make(chan *batch, workers)
	ordered := make(chan *batch, 4*workers)
	for range workers {
		go func() {
			for b := range work {
				b.out <- in.batch(b, show)
			}
		}()
	}
	var failed error
	go func() {
		defer close(ordered)
		defer close(work)
		failed = cut(from, func(b *batch) bool {
			select {
			case ordered <- b:
			case <-ctx.Done():
				return false
			}
			select {
			case work <- b:
				return true
			case <-ctx.Done():
				b.out <- nil
				return false
			}
		})
	}()
	w := bufio.NewWriterSize(to, 1<<16)
	wrong := 0
	for b := range ordered {
		text := <-b.out
		if wrong == 0 {
			wrong = b.wrong
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		if len(ordered) == 0 { // whoever types sees the answer
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(w.Flush(), failed, ctx.Err()); err != nil {
		return err
	}
	if wrong > 0 {
		return tooLong(wrong)
	}
	return nil
}

func tooLong(line int) error {
	return community.Errorf(community.Invalid, "line %d has more than %d bytes", line, longestLine).WithHint("one message a line, a newline inside it written \\n")
}

// cut hands over the lines in batches, what is there at once, until there are no
// more or nobody wants them.
func cut(from io.Reader, hand func(*batch) bool) error {
	r := bufio.NewReaderSize(from, longestLine+1)
	b := &batch{first: 1, out: make(chan []byte, 1)}
	for n := 1; ; n++ {
		line, err := r.ReadSlice('\n')
		text := strings.TrimRight(string(line), "\r\n")
		for errors.Is(err, bufio.ErrBufferFull) {
			if b.wrong == 0 {
				b.wrong = n
			}
			text = strings.Repeat(" ", longestLine+1)
			_, err = r.ReadSlice('\n')
		}
		if len(line) > 0 {
			b.lines = append(b.lines, text)
		}
		last := err != nil
		if len(b.lines) > 0 && (last || len(b.lines) == batchLines || r.Buffered() == 0) {
			if !hand(b) {
				return nil
			}
			b = &batch{first: n + 1, out: make(chan []byte, 1)}
		}
		if last {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
}

func (in *inspector) batch(b *batch, show func(inspection, *bytes.Buffer, string)) []byte {
	var out bytes.Buffer
	for i, line := range b.lines {
		message := strings.ReplaceAll(line, `\n`, "\n")
		show(in.inspect(b.first+i, message), &out, message)
	}
	return out.Bytes()
}

// inspect says everything of one message.
func (in *inspector) inspect(line int, message string) inspection {
	if len(message) > longestLine {
		return inspection{Line: line, Error: tooLong(line).Error(), Hits: []read.Hit{}, Found: []read.Found{}, Verdict: verdict{Category: harmless}}
	}
	reading := in.reader.Read(read.Message{Text: message})
	out := inspection{Line: line, Normal: reading.Normal, Hits: reading.Hits, Found: reading.Found, Scores: in.model.ScoreWith(message, in.local)}
	if out.Hits == nil {
		out.Hits = []read.Hit{}
	}
	if out.Found == nil {
		out.Found = []read.Found{}
	}
	if in.explain {
		out.Because = map[string][]classify.Because{
			"abuse":  in.model.Explain(message, classify.Abuse, mostReasons),
			"advert": in.model.Explain(message, classify.Advert, mostReasons),
		}
	}
	out.Verdict = in.verdict(&reading, out.Scores)
	return out
}

// verdict judges a message that stands alone: nothing is known of the member and
// of other messages.
func (in *inspector) verdict(r *read.Reading, s classify.Scores) verdict {
	v := verdict{harmless, in.judge.Judge(r, &policy.Facts{
		Form:   string(community.Text),
		Member: policy.Member{Hours: -1},
		Scores: policy.Scores{Abuse: s.Abuse, Advert: s.Advert, Known: true},
	})}
	if v.Fired() {
		v.Category = v.Verdict.Category
	}
	v.Verdict.Category = ""
	return v
}

func (i inspection) json(out *bytes.Buffer, _ string) {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	if err := e.Encode(i); err != nil {
		panic(err) // strings and finite numbers can be written
	}
}

// text writes a line for people, and below it what was found.
func (i inspection) text(out *bytes.Buffer, message string) {
	if i.Error != "" {
		fmt.Fprintf(out, "%d  %s\n", i.Line, i.Error)
		return
	}
	const most = 60
	short := strings.ReplaceAll(message, "\n", "⏎")
	if utf8.RuneCountInString(short) > most {
		short = string([]rune(short)[:most]) + "…"
	}
	fmt.Fprintf(out, "%-4d %-14s abuse %3.0f %%  advert %3.0f %%  %s\n", i.Line, i.Verdict.Category, 100*i.Scores.Abuse, 100*i.Scores.Advert, short)
	for _, h := range i.Hits {
		if !h.Exception {
			fmt.Fprintf(out, "       word     %s: %s (%s)\n", h.Category, message[h.Start:h.End], h.Entry)
		}
	}
	for _, f := range i.Found {
		fmt.Fprintf(out, "       %-8s %s\n", f.Detector, strings.TrimSpace(f.Value+" "+f.Kind))
	}
	for class, because := range i.Because {
		for _, b := range because {
			fmt.Fprintf(out, "       %-8s %+.2f %s\n", class, b.Weight, strings.TrimSpace(message[b.Start:b.End]+" "+b.Shape))
		}
	}
}
