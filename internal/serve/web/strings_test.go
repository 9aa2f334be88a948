package web_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
)

// naughty are texts that have broken other programs: the corpus, and what it
// lacks.
func naughty(t *testing.T) []string {
	t.Helper()
	dir := os.Getenv("WEIR_CORPORA")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("WEIR_CORPORA is not set")
		}
		t.Skip("SKIPPED: WEIR_CORPORA is not set, so no page was drawn with the naughty strings")
	}
	b, err := os.ReadFile(filepath.Join(dir, "strings", "blns.json"))
	must(t, err)
	var all []string
	must(t, json.Unmarshal(b, &all))
	return append(all, "{{7*7}} ${7*7} <%= 7*7 %> { children... }", "שלום \u202eevil\u202c עולם", "a\u200bb\u200d\ufeffc", strings.Repeat("W", 4000), "👩‍👩‍👧‍👦"+strings.Repeat("🔥", 900),
		`"><svg/onload=alert(1)>`, `' onmouseover=alert(1) x='`, "]]><!--", `[x](javascript:alert(1)) <a href="javascript:alert(1)">y</a>`)
}

// skeleton is the tags of a page with the names of their attributes, but for the
// strip of what is measured: what a text cannot change unless it is taken for
// more than a text.
func skeleton(page string) []string {
	page = regexp.MustCompile(`(?s)<dl class="facts">.*?</dl>`).ReplaceAllString(page, "")
	return regexp.MustCompile(`<[^>]*>`).FindAllString(value.ReplaceAllString(page, `""`), -1)
}

// sound fails when a page broke, or when something on it could run.
func sound(t *testing.T, path string, p page) {
	t.Helper()
	if p.StatusCode >= http.StatusInternalServerError {
		t.Errorf("%s is answered %s", path, p.Status)
	}
	if bad := inline.FindString(value.ReplaceAllString(p.text, `""`)) + scheme.FindString(p.text); bad != "" {
		t.Errorf("%s has %q", path, bad)
	}
}

const (
	sack      = "naughty"
	sackPages = "/products/naughty.texts"
)

// kept are the strings that may be a text of a product, and those that may be a
// tag.
func kept(all []string) (texts, tags []string) {
	tag := regexp.MustCompile(`^[^\x00-\x1f\x7f:]{1,100}$`)
	bad := func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0xfffd }
	for _, s := range all {
		if strings.TrimSpace(s) != "" && !strings.ContainsFunc(s, bad) {
			texts = append(texts, s)
		}
		if tag.MatchString(s) {
			tags = append(tags, "area:"+s)
		}
	}
	return texts, tags
}

// fill puts strings into every text of the product: each is the description of
// a field, and some of them stand elsewhere too.
func fill(t *testing.T, api *client.Client, texts, tags []string) {
	t.Helper()
	long := func(i int) *string { return new("Words of somebody: " + texts[i]) }
	e := client.ProductEdit{Description: long(0), Telling: client.Telling{
		Purpose: long(1), Usage: long(2), Limitations: long(3), Terms: new(strings.Join(texts, "\n\n")), Documentation: new(strings.Join(texts, "\n\n")),
		Tags: tags, Support: []client.Support{{Channel: texts[4]}},
	}}
	for i, s := range texts {
		e.Fields = append(e.Fields, client.NoteEdit{Path: fmt.Sprintf("f%d", i), Description: &s, Unit: &texts[5], Tags: tags[:1]})
	}
	_, err := api.EditProduct(t.Context(), sack+".texts", e)
	must(t, err)
	_, err = api.EditDomain(t.Context(), sack, client.DomainEdit{Description: &texts[6]})
	must(t, err)
	_, err = api.EditTeam(t.Context(), sack, client.TeamEdit{Description: texts[7]})
	must(t, err)
}

// TestStringsOfOthersAreText: whatever people write about their things, every
// page that shows it is the page that it is with harmless words, and shows it.
func TestStringsOfOthersAreText(t *testing.T) {
	t.Parallel()
	all := naughty(t)
	w := mustWorld(t)
	api := w.admin(t)
	_, err := api.CreateTeam(t.Context(), client.NewTeam{Name: sack})
	must(t, err)
	_, err = api.CreateDomain(t.Context(), client.NewDomain{Name: sack, Team: sack})
	must(t, err)
	_, err = api.CreateProduct(t.Context(), client.NewProduct{Name: sack + ".texts"})
	must(t, err)
	texts, tags := kept(all)
	if len(texts) < len(all)*8/10 || len(tags) < len(all)/2 {
		t.Errorf("only %d of %d strings are texts, %d are tags", len(texts), len(all), len(tags))
	}
	const each, tagsEach = 64, 60
	v := signedIn(t, "http://"+w.node.HTTP())
	same := []string{"", "/fields", "/edit", "/schema", "/readers", "/access"} // tags of HTML that no text changes
	fill(t, api, slices.Repeat([]string{"plain words"}, each), harmless(tagsEach))
	want := map[string][]string{}
	for _, part := range same {
		want[part] = skeleton(v.get(sackPages + part).text)
	}
	for len(texts) > 0 {
		now := slices.Clone(texts[:min(each, len(texts))])
		texts = texts[len(now):]
		now = append(now, slices.Repeat([]string{"plain words"}, each-len(now))...)
		nowTags := slices.Clone(tags[:min(tagsEach, len(tags))])
		tags = tags[len(nowTags):]
		fill(t, api, now, append(nowTags, harmless(tagsEach-len(nowTags))...))
		for _, part := range same {
			p := v.get(sackPages + part)
			sound(t, part, p)
			if d := cmp.Diff(want[part], skeleton(p.text)); d != "" && p.StatusCode == http.StatusOK {
				t.Errorf("%q is another page with the strings from %.60q on:\n%.2000s", part, now[0], d)
			}
		}
		fields := v.get(sackPages + "/fields").text
		for _, s := range now {
			if !strings.Contains(fields, html.EscapeString(strings.TrimSpace(s))) {
				t.Errorf("the fields do not show %q", s)
			}
		}
		for _, path := range []string{
			sackPages + "/documentation", sackPages + "/documentation/edit", sackPages + "/activity", sackPages + "/fields/note?path=f1", "/explore?q=" + sack,
			"/explore/preview?name=" + sack + ".texts", "/domains", "/domains/" + sack, "/domains/" + sack + "/edit", "/teams/" + sack, "/activity", "/",
		} {
			sound(t, path, v.get(path, "HX-Request", map[bool]string{true: "true"}[strings.Contains(path, "preview")]))
		}
	}
}

func harmless(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("area:plain-%d", i))
	}
	return out
}

// TestStringsAsQuestions: whatever is typed into a box or an address is answered
// by a page on which it is a text.
func TestStringsAsQuestions(t *testing.T) {
	t.Parallel()
	v := signedIn(t, "http://"+mustWorld(t).node.HTTP())
	for i, s := range naughty(t) {
		q, seg := url.QueryEscape(s), url.PathEscape(s)
		others := []string{"/explore/names?q=" + q, "/explore?f=" + url.QueryEscape("domain="+s), "/activity?by=" + q + "&about=" + q, "/products/" + seg, "/domains/" + seg, "/no" + seg}
		for _, path := range []string{"/explore?q=" + q, others[i%len(others)]} {
			p := v.get(path)
			sound(t, path, p)
			if strings.HasPrefix(path, "/explore?q=") && p.StatusCode != http.StatusOK {
				t.Errorf("%s is answered %s", path, p.Status)
			}
		}
	}
}

// TestStringsAsNames: what is no name is told at its form, which keeps what was
// typed.
func TestStringsAsNames(t *testing.T) {
	t.Parallel()
	v := signedIn(t, "http://"+mustWorld(t).node.HTTP())
	name := regexp.MustCompile(`^[a-z0-9.-]+$`)
	for i, s := range naughty(t) {
		path := []string{"/new/domain", "/new/team", "/new/application"}[i%3]
		if i%16 == 0 {
			path = "/new/person" // a password takes time
		}
		p := v.post(path, url.Values{"name": {s}, "team": {"admins"}, "description": {s}})
		sound(t, path, p)
		switch {
		case p.StatusCode < http.StatusBadRequest && name.MatchString(strings.TrimSpace(s)):
		case p.StatusCode < http.StatusBadRequest:
			t.Errorf("%s takes %q: %s", path, s, p.Status)
		case strings.TrimSpace(s) != "" && !strings.ContainsAny(s, "\x00\r\n") && !strings.Contains(p.text, html.EscapeString(s)):
			t.Errorf("%s does not keep %q", path, s)
		}
	}
}
