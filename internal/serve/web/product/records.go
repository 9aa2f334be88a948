package product

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// Bounds of a look at records.
const (
	lookRows  = 50
	lookBytes = 4 << 20
	lookFor   = 5 * time.Second
	maxCell   = 160      // characters of a value in the table
	maxColumn = 12       // columns
	maxPlace  = 64 << 10 // bytes of a position: topics have many partitions
	maxWhole  = 64 << 10 // bytes of a value that is opened in the table
)

// Records is the part of the records.
type Records struct {
	Head
	Place   string // where to look, as it was typed; empty: the newest
	Where   string
	Columns []string // fields that are shown; none: those of the first values
	Choices []string // fields that one can choose
	Shown   []string // the columns of the table
	Rows    []RecordRow
	Older   string
	Newer   string
	Problem *client.Problem // of the question
	Denied  *client.Problem // they may not read it
	Slow    string          // how far it looked, when its time ran out
	Failed  int64
	Failure string
	Empty   bool   // the product holds nothing
	Live    string // the address of the live tail
	Total   *int64
}

// RecordRow is one record.
type RecordRow struct {
	Partition int32
	Offset    int64
	Time      time.Time
	Key       string
	Cells     []string
	Value     string // the whole value, indented
	Headers   []Header
	Error     string // why it cannot be decoded
	Bytes     string // then its bytes
	Href      string
}

// Header is one header of a record.
type Header struct{ Key, Value string }

// question is what the address asks.
type question struct {
	place, where string
	columns      []string
	from, until  string // a page of the newest: positions
}

func questionOf(q url.Values) question {
	out := question{place: clip(strings.TrimSpace(q.Get("at")), maxPlace), where: clip(strings.TrimSpace(q.Get("where")), 4096), from: clip(q.Get("from"), maxPlace), until: clip(q.Get("until"), maxPlace)}
	for _, c := range append(q["c"], strings.Split(q.Get("columns"), ",")...) {
		c = strings.TrimSpace(clip(c, 300))
		if c != "" && !strings.Contains(c, ",") && !slices.Contains(out.columns, c) && len(out.columns) < maxColumn {
			out.columns = append(out.columns, c)
		}
	}
	return out
}

func (q question) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"at": q.place, "where": q.where} {
		if value != "" {
			v.Set(name, value)
		}
	}
	for _, c := range q.columns {
		v.Add("c", c)
	}
	return v
}

func records(r *site.Request) (site.Answer, error) {
	k, err := load(r)
	if err != nil {
		return site.Answer{}, err
	}
	q := questionOf(r.URL.Query())
	list, err := r.API.ProductFields(r.Context(), k.product.Name)
	if err != nil {
		return site.Answer{}, err
	}
	read, newest := q.read()
	looked, err := r.API.Look(r.Context(), k.product.Name, read, client.Look{Rows: rowsOf(newest), Bytes: lookBytes, For: lookFor})
	p := problem(err)
	if err != nil && p == nil || p != nil && (p.Status == http.StatusUnauthorized || p.Status == http.StatusNotFound) {
		return site.Answer{}, err
	}
	v := recordsOf(k, q, list, looked, r.Me, r.Now)
	if v.Problem = p; p != nil && p.Status == http.StatusForbidden {
		v.Problem, v.Denied = nil, p
	}
	return site.Answer{Title: "Records of " + k.product.Name, Tab: site.Explore, Body: recordsPage(v, r.Now), Same: sameRead(k.product.Name, q, read, looked.From)}, nil
}

// rowsOf: of the newest, the question itself says how many.
func rowsOf(newest bool) int {
	if newest {
		return 0
	}
	return lookRows
}

// read is the question as the API takes it. Newest says that it asks for the
// newest of all partitions together, before some place.
func (q question) read() (client.ReadRecords, bool) {
	out := client.ReadRecords{Where: q.where}
	switch {
	case q.from != "":
		out.From, out.Until = q.from, q.until
		return out, false
	case q.place != "" && q.place != "latest":
		out.From = q.place
		return out, false
	case q.where != "":
		out.From = "24h" // somewhere to look from; the page says so
		return out, false
	}
	out.Newest, out.Until = lookRows, q.until
	return out, true
}

// sameRead is what reads the same elsewhere. begin is the position that the
// answer began at: between it and until there is just what is shown.
func sameRead(name string, q question, r client.ReadRecords, begin string) []site.Same {
	command := "weir read " + name
	v := url.Values{}
	switch {
	case r.Newest > 0 && r.Until != "":
		command += " --from " + quoted(strings.TrimSuffix(begin, ",*"))
	case r.From != "" && (q.place != "" || q.from != ""):
		command += " --from " + quoted(r.From)
	}
	if r.Until != "" {
		command += " --until " + quoted(r.Until)
		v.Set("until", r.Until)
	}
	if r.Where != "" {
		command += " --where " + quoted(r.Where)
		v.Set("where", r.Where)
	}
	if len(q.columns) > 0 {
		command += " --fields " + quoted(strings.Join(q.columns, ","))
		v.Set("fields", strings.Join(q.columns, ","))
	}
	if r.Newest > 0 {
		v.Set("newest", strconv.Itoa(r.Newest))
	} else {
		v.Set("from", r.From)
		v.Set("limit", strconv.Itoa(lookRows))
	}
	return []site.Same{{Command: command + " -n " + strconv.Itoa(lookRows), Method: http.MethodGet, Path: "/api/v1" + api(name, "records") + "?" + v.Encode()}}
}

// quoted is a text for the shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func recordsOf(k known, q question, list client.ProductFields, got client.Looked, me site.Person, now time.Time) Records {
	v := Records{
		Head: head(k, me, partRecords, now), Place: q.place, Where: q.where, Columns: q.columns, Failed: got.Failed, Failure: got.Failure,
		Choices: choices(list), Live: liveAddress(k.product.Name, q),
	}
	if k.facts != nil {
		v.Total = k.facts.Records
	}
	v.Empty = v.Total != nil && *v.Total == 0
	rs := got.Records
	_, newest := q.read()
	if newest {
		slices.SortStableFunc(rs, func(a, b client.Record) int { return b.Timestamp.Compare(a.Timestamp) })
	}
	v.Shown = shown(q, rs)
	for _, r := range rs {
		v.Rows = append(v.Rows, rowOf(k.product.Name, r, v.Shown))
	}
	v.pages(k.product.Name, q, got, newest)
	if !newest && !got.End && len(rs) < lookRows && got.Next != "" {
		v.Slow = got.Next
	}
	return v
}

// pages are the places before and behind. The newest are paged backwards by
// where each partition's begin; from an older page, newer goes forward.
func (v *Records) pages(name string, q question, got client.Looked, newest bool) {
	link := func(side string, p weir.Position) string {
		u := q.values()
		u.Del("at")
		u.Set(side, weir.Position{Offsets: p.Offsets}.String())
		return at(name, "records") + "?" + u.Encode()
	}
	from, err := weir.ParsePosition(got.From)
	next, err2 := weir.ParsePosition(got.Next)
	switch {
	case err != nil || err2 != nil:
	case newest:
		if len(got.Records) > 0 && begins(from) {
			v.Older = link("until", from)
		}
		if q.until != "" {
			v.Newer = link("from", next)
		}
	case !got.End:
		v.Newer = link("from", next)
	}
}

// begins reports whether something may be before a position.
func begins(p weir.Position) bool {
	for _, o := range p.Offsets {
		if o > 0 {
			return true
		}
	}
	return false
}

// choices are the fields that can be columns.
func choices(list client.ProductFields) []string {
	var out []string
	for _, f := range list.Fields {
		if f.Path != "" && f.Type != "" && !strings.ContainsAny(f.Path, "[]{},") && len(out) < 100 {
			out = append(out, f.Path)
		}
	}
	return out
}

// shown are the columns: those that were chosen, else the fields of the first
// values that are objects.
func shown(q question, rs []client.Record) []string {
	if len(q.columns) > 0 {
		return q.columns
	}
	var out []string
	for _, r := range rs[:min(len(rs), 20)] {
		for _, name := range keys(r.Value) {
			if !slices.Contains(out, name) && len(out) < 6 {
				out = append(out, name)
			}
		}
	}
	return out
}

// keys are the names in a JSON object, in their order; none of anything else,
// and of what could not be decoded.
func keys(value json.RawMessage) []string {
	if _, _, bad := badValue(value); bad {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(value))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var out []string
	for d.More() && len(out) < 50 {
		t, err := d.Token()
		name, ok := t.(string)
		var skip json.RawMessage
		if err != nil || !ok || d.Decode(&skip) != nil {
			return out
		}
		out = append(out, name)
	}
	return out
}

// badValue is why a value could not be decoded, and its bytes.
func badValue(value json.RawMessage) (why, b64 string, bad bool) {
	if !bytes.HasPrefix(value, []byte(`{"error":`)) {
		return "", "", false
	}
	var v map[string]string
	if json.Unmarshal(value, &v) != nil || len(v) != 2 || v["error"] == "" {
		return "", "", false
	}
	b64, ok := v["bytes"]
	return v["error"], b64, ok
}

func rowOf(name string, r client.Record, columns []string) RecordRow {
	row := RecordRow{
		Partition: r.Partition, Offset: r.Offset, Time: r.Timestamp, Key: textOf(r.Key),
		Href: at(name, fmt.Sprintf("records/%d/%d", r.Partition, r.Offset)),
	}
	if why, b64, bad := badValue(r.Value); bad {
		row.Error, row.Bytes = why, dump(b64)
	} else {
		row.Value = indented(r.Value)
	}
	for _, c := range columns {
		row.Cells = append(row.Cells, short(field(r.Value, c)))
	}
	if len(columns) == 0 && row.Error == "" {
		row.Cells = []string{short(textOf(r.Value))}
	}
	for _, h := range r.Headers {
		row.Headers = append(row.Headers, Header{h.Key, textOf(h.Value)})
	}
	return row
}

// field is what stands at a path of a value, as text.
func field(value json.RawMessage, path string) string {
	for _, name := range strings.Split(path, ".") {
		var o map[string]json.RawMessage
		if json.Unmarshal(value, &o) != nil {
			return ""
		}
		next, ok := o[name]
		if !ok {
			return ""
		}
		value = next
	}
	return textOf(value)
}

// textOf is a value as people read it: a text without its quotes, anything else
// as JSON; null is null.
func textOf(v json.RawMessage) string {
	var s string
	if len(v) > 0 && v[0] == '"' && json.Unmarshal(v, &s) == nil {
		return s
	}
	if why, _, bad := badValue(v); bad {
		return "not decoded: " + why
	}
	return string(v)
}

func short(s string) string {
	if r := []rune(s[:min(len(s), 4*maxCell+4)]); len(r) > maxCell {
		return string(r[:maxCell]) + "…"
	}
	return s
}

func indented(v json.RawMessage) string {
	if len(v) > maxWhole {
		return strings.ToValidUTF8(string(v[:maxWhole]), "") + "…\n(" + strconv.Itoa(len(v)) + " bytes; open the record to see all of it)"
	}
	var b bytes.Buffer
	if json.Indent(&b, v, "", "  ") != nil {
		return string(v)
	}
	return b.String()
}

// dump shows bytes, given in base64, as hexdump does.
func dump(b64 string) string {
	b, err := base64.StdEncoding.DecodeString(b64)
	if err != nil {
		return b64
	}
	return dumped(b)
}

// maxDump bounds a dump.
const maxDump = 4096

func dumped(b []byte) string {
	if len(b) > maxDump {
		return hex.Dump(b[:maxDump]) + fmt.Sprintf("and %d bytes more\n", len(b)-maxDump)
	}
	return hex.Dump(b)
}

// liveAddress is where the browser hears of new records.
func liveAddress(name string, q question) string {
	v := url.Values{"follow": {"true"}}
	if q.where != "" {
		v.Set("where", q.where)
	}
	return "/live/products/" + url.PathEscape(name) + "/records?" + v.Encode()
}

// Record is one record by itself.
type Record struct {
	Head
	Row        RecordRow
	KeyBytes   string
	ValueBytes string
	KeySize    int
	ValueSize  int
	Older      string
	Newer      string
}

func record(r *site.Request) (site.Answer, error) {
	partition, err := strconv.ParseInt(r.PathValue("partition"), 10, 32)
	offset, err2 := strconv.ParseInt(r.PathValue("offset"), 10, 64)
	if err != nil || err2 != nil || partition < 0 || offset < 0 {
		return site.Answer{}, &client.Problem{Status: http.StatusNotFound, Detail: "that is no record: it needs the numbers of its partition and its offset"}
	}
	k, err := load(r)
	if err != nil {
		return site.Answer{}, err
	}
	here := fmt.Sprintf("%d:%d", partition, offset)
	q := client.ReadRecords{From: here, Until: fmt.Sprintf("%d:%d", partition, offset+1), Raw: true}
	got, err := r.API.Look(r.Context(), k.product.Name, q, client.Look{Rows: 1, For: lookFor})
	if err != nil {
		return site.Answer{}, err
	}
	if len(got.Records) == 0 && !got.End {
		return site.Answer{}, &client.Problem{
			Status: http.StatusServiceUnavailable, Detail: fmt.Sprintf("the record %s was not to be had within %s", here, lookFor), Fix: "try again in a moment",
		}
	}
	if len(got.Records) == 0 || got.Records[0].Offset != offset {
		return site.Answer{}, &client.Problem{
			Status: http.StatusNotFound, Detail: fmt.Sprintf("there is no record %s in %s", here, k.product.Name),
			Fix: "it was deleted or compacted away, was not committed, or is not written yet",
		}
	}
	v := recordOf(k, got.Records[0], r.Me, r.Now)
	return site.Answer{Title: "Record " + here + " of " + k.product.Name, Tab: site.Explore, Body: recordPage(v, r.Now), Same: sameRead(k.product.Name, question{from: here}, q, here)}, nil
}

func recordOf(k known, rec client.Record, me site.Person, now time.Time) Record {
	name := k.product.Name
	v := Record{
		Head: head(k, me, partRecords, now), Row: rowOf(name, rec, nil), KeySize: len(rec.KeyBytes), ValueSize: len(rec.ValueBytes),
		KeyBytes: dumped(rec.KeyBytes), ValueBytes: dumped(rec.ValueBytes),
	}
	if v.Row.Error == "" {
		var b bytes.Buffer
		if json.Indent(&b, rec.Value, "", "  ") == nil {
			v.Row.Value = b.String()
		}
	}
	if rec.Offset > 0 {
		v.Older = at(name, fmt.Sprintf("records/%d/%d", rec.Partition, rec.Offset-1))
	}
	v.Newer = at(name, fmt.Sprintf("records/%d/%d", rec.Partition, rec.Offset+1))
	return v
}
