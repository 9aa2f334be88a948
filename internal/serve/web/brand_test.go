package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirmesh/weir/internal/serve/web"
)

const goodBrand = `{"name":"Acme <Data>","footer":"Internal use & nothing else.","links":[{"text":"Help","href":"https://help.example.org/"}],
	"accent":{"light":"#8a1c5c","dark":"#f0a3cf"}}`

const goodMark = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle id="c" cx="4" cy="4" r="3"/><use href="#c"/></svg>`

func brandFolder(t *testing.T, json, mark string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"brand.json": json, "mark.svg": mark} {
		if text != "" {
			must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
	}
	return dir
}

// TestBrand: name, mark, colours and footer are on the pages, escaped.
func TestBrand(t *testing.T) {
	t.Parallel()
	b, err := web.LoadBrand(brandFolder(t, goodBrand, goodMark))
	must(t, err)
	p := open(t, func(c *web.Config) { c.Brand = b })
	v := visit(t, p.URL)
	page := v.get("/sign-in").text
	for _, want := range []string{"Acme &lt;Data&gt;", "Internal use &amp; nothing else.", `href="https://help.example.org/"`, "/static/brand-mark.", "/static/brand."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	_, rest, _ := strings.Cut(page, `/static/brand.`)
	css := "/static/brand." + rest[:strings.Index(rest, `"`)]
	if got := v.get(css).text; !strings.Contains(got, "#8a1c5c") || !strings.Contains(got, "#f0a3cf") {
		t.Errorf("%s is %s", css, got)
	}
	_, rest, _ = strings.Cut(page, `/static/brand-mark.`)
	mark := v.get("/static/brand-mark." + rest[:strings.Index(rest, `"`)])
	if mark.text != goodMark || mark.Header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(mark.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the mark is %s with %v", mark.text, mark.Header)
	}
}

// TestBrandThatDoesNotFit is refused when the node starts, with where and why.
func TestBrandThatDoesNotFit(t *testing.T) {
	t.Parallel()
	accents := func(light, dark string) string { return `{"accent":{"light":"` + light + `","dark":"` + dark + `"}}` }
	for name, tt := range map[string]struct{ json, mark, want string }{
		"nothing":               {"", "", "brand.json"},
		"no JSON":               {"name: x", "", "invalid character"},
		"a word too many":       {`{"logo":"x"}`, "", `unknown field "logo"`},
		"a long name":           {`{"name":"` + strings.Repeat("n", 41) + `"}`, "", "40 characters"},
		"a large file":          {`{"footer":"` + strings.Repeat("n", 20<<10) + `"}`, "", "more than 16384 bytes"},
		"a link to a script":    {`{"links":[{"text":"x","href":"javascript:alert(1)"}]}`, "", "leads nowhere"},
		"a link without a text": {`{"links":[{"text":"","href":"https://example.org"}]}`, "", "no text"},
		"one accent":            {accents("#8a1c5c", ""), "", "accent.dark"},
		"no colour":             {accents("red;}", "#f0a3cf"), "", "#rrggbb"},
		"light on light":        {accents("#f0a3cf", "#f0a3cf"), "", "contrast"},
		"dark on dark":          {accents("#8a1c5c", "#8a1c5c"), "", "contrast"},
		"a mark with a script":  {"{}", `<svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>`, "<script>"},
		"a mark that acts":      {"{}", `<svg xmlns="http://www.w3.org/2000/svg" onload="x"/>`, "onload"},
		"a mark that fetches":   {"{}", `<svg xmlns="http://www.w3.org/2000/svg"><use href="https://evil.example/#a"/></svg>`, "whole by itself"},
		"a mark that is HTML":   {"{}", `<html></html>`, "no SVG"},
		"a mark with a type":    {"{}", `<!DOCTYPE svg [<!ENTITY a "b">]><svg/>`, "document type"},
		"a mark that is cut":    {"{}", `<svg><g>`, "EOF"},
		"an empty mark":         {"{}", " ", "empty"},
		"a large mark":          {"{}", `<svg>` + strings.Repeat(" ", 70<<10) + `</svg>`, "more than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := web.LoadBrand(brandFolder(t, tt.json, tt.mark))
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "--brand") {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
	if _, err := web.LoadBrand(filepath.Join(t.TempDir(), "gone")); err == nil || !strings.Contains(err.Error(), "--brand") {
		t.Errorf("a folder that is not there: %v", err)
	}
}
