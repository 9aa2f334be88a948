package ui

import (
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// maxMarkdown bounds a text that is drawn, in bytes. What is longer is shown as
// it was written.
const maxMarkdown = 1 << 20

// render is Markdown as HTML that cannot do harm: HTML in the text is left out,
// links lead to http, https and mailto only, tell nobody where one comes from,
// and nothing is fetched, pictures neither. Headings start at the third level,
// since the page has the ones above.
func render(text string) string {
	if len(text) > maxMarkdown {
		return `<pre tabindex="0">` + escape(strings.ToValidUTF8(text[:maxMarkdown], "")) + "</pre>"
	}
	var b strings.Builder
	if err := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify)).Convert([]byte(text), &b); err != nil {
		return `<pre tabindex="0">` + escape(text) + "</pre>"
	}
	return scrolling.Replace(headings.Replace(policy().Sanitize(b.String())))
}

// scrolling lets the keyboard into what may be wider than the page. No text can
// have these tags: what is left of a text's own has no attribute, and means the
// same.
var scrolling = strings.NewReplacer("<pre>", `<pre tabindex="0">`, "<table>", `<table tabindex="0">`)

// headings puts a text's headings under the page's.
var headings = strings.NewReplacer(
	"<h1>", "<h3>", "</h1>", "</h3>", "<h2>", "<h4>", "</h2>", "</h4>",
	"<h3>", "<h5>", "</h3>", "</h5>", "<h4>", "<h6>", "</h4>", "</h6>",
	"<h5>", "<h6>", "</h5>", "</h6>",
)

func policy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "del", "code", "pre", "blockquote",
		"ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return p
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
