package api_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// Words of what nobody outside a domain may know of: of its names, and of all
// its texts.
const (
	hiddenName = "quokka"
	hiddenText = "numbat"
)

// hiddenThings are what the parameters of paths name, by the first part of the
// path and the parameter.
var hiddenThings = map[string]string{
	"applications name": "vault-app", "domains name": "vault", "people name": "ina", "teams name": "vault", "terms name": "plain", "policies name": "vault.rule",
	"products name": "vault.quokka", "streams name": "vault._private.quokka", "topics name": "vault.quokka.v1", "subjects name": "vault.quokka.v1-value",
	"queries name": "vault.quokka-too", "tokens person": "ina", "tokens label": "quokka", "lineage name": "vault.quokka", "impact name": "vault.quokka",
	"products partition": "0", "products offset": "0", "streams partition": "0", "streams offset": "0",
}

// hiddenQuestions are what the parameters of queries ask, one after the other.
var hiddenQuestions = map[string][]string{
	"q":      {"", "tulip", "vault", "tag:area=orchid", "domain:vault", "classification:personal", "owner:ina"},
	"prefix": {"", "vault", "va", "tul"},
	"about":  {"product/vault.quokka", "domain/vault"}, "by": {"ina"}, "noun": {"product", "stream", "subject", "domain", "application"},
	"what": {"product.create"}, "door": {"api"}, "result": {"done", "refused"}, "why": {"tulip"}, "since": {"1h"}, "until": {"1h"}, "after": {"0"},
	"domain": {"vault"}, "product": {"vault.quokka"}, "application": {"vault-app"}, "person": {"ina"}, "on": {"vault.quokka", "vault"},
	"facets": {"true"}, "from": {"earliest"}, "to": {"1"}, "lang": {"curl"}, "address": {"http://127.0.0.1:1"}, "version": {"1"}, "records": {"10"},
	"open": {"true", "false"}, "field": {"userid"}, "depth": {"2"}, "at": {"2026-01-01T00:00:00Z"}, "direction": {"up", "down"},
	"fields": {"userid"}, "where": {"true"}, "follow": {"false"}, "raw": {"true"}, "newest": {"10"}, "limit": {"1000"}, "cursor": {},
}

// questions are the requests that a route can be asked with what is hidden.
func questions(t *testing.T, path string, op *huma.Operation) []string {
	t.Helper()
	noun, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	var queries []url.Values
	for _, p := range op.Parameters {
		switch p.In {
		case "path":
			value, ok := hiddenThings[noun+" "+p.Name]
			if !ok {
				t.Errorf("%s: say in hiddenThings what %s names", path, p.Name)
			}
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value))
		case "query":
			values, ok := hiddenQuestions[p.Name]
			if !ok {
				t.Errorf("%s: say in hiddenQuestions what %s asks", path, p.Name)
			}
			for _, v := range values {
				queries = append(queries, url.Values{p.Name: {v}})
			}
		}
	}
	out := []string{path}
	for _, q := range queries {
		out = append(out, path+"?"+q.Encode())
	}
	return out
}

// routesToGet are all routes that show something, with their questions.
func routesToGet(t *testing.T, m *mesh) []string {
	t.Helper()
	var all []string
	for path, item := range m.api.OpenAPI().Paths {
		if item.Get == nil {
			continue
		}
		for _, q := range questions(t, path, item.Get) {
			if strings.HasPrefix(path, "/audit/events") && !strings.Contains(q, "after=") {
				continue // it tells of what comes
			}
			all = append(all, q)
		}
	}
	slices.Sort(all)
	return all
}

// look is what a route answers, its status before it. A stream of events is read
// until it tells of marker, which is the last thing that happened.
func (m *mesh) look(token, path, marker string) string {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url+"/api/v1"+path, nil)
	must(m.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	must(m.t, err)
	defer res.Body.Close()
	out := []byte(res.Status + "\n")
	events := strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream")
	for b := make([]byte, 32<<10); ; {
		n, err := res.Body.Read(b)
		out = append(out, b[:n]...)
		if err == io.EOF || events && strings.Contains(string(out), marker) {
			return string(out)
		}
		must(m.t, err)
	}
}

// hide makes a product and a stream that only their domain knows of, with words
// that stand nowhere else.
func (m *mesh) hide(inside *client.Client) {
	m.t.Helper()
	ctx := m.t.Context()
	text := "tulip " + hiddenText
	_, err := inside.CreateProduct(ctx, client.NewProduct{
		Name: "vault.quokka", Encoding: "json-schema", Visibility: "domain", Description: text, Owner: "ina",
		Schema: `{"type":"object","description":"tulip numbat","properties":{"numbat":{"type":"string","description":"tulip numbat"},"userid":{"type":"string"}}}`,
		Telling: client.Telling{
			Purpose: &text, Usage: &text, Limitations: &text, Documentation: &text, Terms: &text, Tags: []string{"area:orchid", "area:" + hiddenText},
			Support: []client.Support{{Channel: hiddenText}},
			Fields: []client.NoteEdit{
				{Path: "numbat", Description: &text, Tags: []string{"pii:" + hiddenText}, Classification: new("personal"), Term: new("plain")},
			},
		},
	}, client.Reason(text))
	must(m.t, err)
	_, err = inside.CreateStream(ctx, client.NewStream{Name: "vault._private.quokka", Description: text}, client.Reason(text))
	must(m.t, err)
	_, err = inside.CreateQuery(ctx, client.NewQuery{
		Name: "vault.quokka-too", Statement: "SELECT userid, 'numbat' AS quokka FROM vault.quokka", Description: text,
	}, client.Reason(text))
	must(m.t, err)
	_, err = inside.Allow(ctx, "vault.quokka", "vault-app", client.Reason(text))
	must(m.t, err)
	_, err = inside.Ask(ctx, "vault.quokka", text, client.Reason(text))
	must(m.t, err)
	_, err = inside.Announce(ctx, "vault.quokka", text, client.Reason(text))
	must(m.t, err)
	_, err = inside.CreateToken(ctx, client.NewToken{Label: hiddenName})
	must(m.t, err)
	_, err = inside.DeleteProduct(ctx, "vault.quokka", false, client.IfMatch(999), client.Reason(text))
	refused(m.t, err, http.StatusPreconditionFailed)
}

// What somebody may not know of is in no answer to them: no list, count,
// completion, facet or error of any route differs by it, and asked by its name it
// is what is not there. Whoever may know of it finds it.
func TestNoRouteTellsOfWhatIsHidden(t *testing.T) {
	t.Parallel()
	new(sqlang.Compiler).Warm() // something that is hidden is a query
	m, _, _ := measuring(t)
	ctx := t.Context()
	m.domain("vault")
	m.domain("other")
	inside, outside := m.person("ina", "vault"), m.person("otto", "other")
	in, out := m.tokenOf("ina"), m.tokenOf("otto")
	_, err := inside.CreateApplication(ctx, client.NewApplication{Name: "vault-app", Team: "vault"})
	must(t, err)
	_, err = m.admin.CreateTerm(ctx, client.NewTerm{Name: "plain", Title: "Plain", Definition: "A word"})
	must(t, err)
	_, err = m.admin.CreatePolicy(ctx, client.NewPolicy{Name: "vault.rule", Expression: "true", Message: "a rule"})
	must(t, err)
	_, err = outside.CreateProduct(ctx, client.NewProduct{Name: "other.open", Encoding: "json", Description: "Open to all"})
	must(t, err)
	m.searched(outside, "other.open")
	routes := routesToGet(t, m)
	before := map[string]string{}
	for _, path := range routes {
		before[path] = m.look(out, path, "other.open")
	}
	m.hide(inside)
	m.searched(inside, "vault.quokka")

	seen := 0
	for _, path := range routes {
		if strings.Contains(m.look(in, path, "vault._private.quokka"), hiddenText) {
			seen++
		}
		got := m.look(out, path, "other.open")
		if strings.Contains(got, hiddenText) || strings.Contains(got, hiddenName) && !strings.Contains(path, hiddenName) {
			t.Errorf("GET %s tells an outsider of what is hidden: %s", path, short(got))
		}
		if was := before[path]; timeless(got) != timeless(was) && !changes(path) {
			t.Errorf("GET %s tells an outsider that something changed:\nbefore %s\nafter  %s", path, short(was), short(got))
		}
	}
	if seen < 20 {
		t.Errorf("an insider finds it by %d questions of %d: the test does not look where it is", seen, len(routes))
	}
	t.Logf("%d questions; an insider finds it by %d of them", len(routes), seen)
}

// changes reports whether an answer may differ between two moments though
// nothing happened that one may know of: a refusal of the outsider's own stands
// in the record since.
func changes(path string) bool {
	return strings.HasPrefix(path, "/mesh/health") || strings.HasPrefix(path, "/audit")
}

var moment = regexp.MustCompile(`"(at|from|until|since)":"[^"]*"`)

// timeless is an answer without the time of day.
func timeless(answer string) string { return moment.ReplaceAllString(answer, "") }

func short(s string) string {
	if len(s) > 1500 {
		return s[:1500] + " ..."
	}
	return s
}

// tokenOf makes a token for somebody.
func (m *mesh) tokenOf(name string) string {
	m.t.Helper()
	tok, err := m.admin.CreateToken(m.t.Context(), client.NewToken{Person: name})
	must(m.t, err)
	return tok.Token
}

// searched waits until the search knows of a product.
func (m *mesh) searched(c *client.Client, name string) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 20*time.Second)
	defer cancel()
	for {
		found, err := c.Search(ctx, client.Search{Text: name})
		must(m.t, err)
		for _, h := range found.Items {
			if h.Name == name {
				return
			}
		}
	}
}
