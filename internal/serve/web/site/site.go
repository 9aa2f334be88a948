// Package site is what the pages of the node's web site share: what a page is
// asked, what it answers, where it stands, and which command does the same.
//
// A page knows of the mesh only what the HTTP API tells the person who is
// signed in: it asks through a [client.Client], whose requests stay in the
// process. So nothing can be on a page that the API and the commands cannot
// give, and no right is decided here.
//
// Each family of pages (explore, product, ...) is a package beside this one: it
// turns what the client gave into a plain view struct, and a template turns
// that into HTML. It offers its [Route]s and, for every state of each page, a
// [Story] with canned data.
package site

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
)

// Tab is a place in the navigation.
type Tab string

// The places, as they are written.
const (
	NoTab        Tab = ""
	Explore      Tab = "Explore"
	Create       Tab = "Create"
	Lineage      Tab = "Lineage"
	Publish      Tab = "Publish"
	Applications Tab = "Applications"
	Domains      Tab = "Domains"
	Activity     Tab = "Activity"
)

// Person is who is signed in.
type Person struct {
	Name  string
	Teams []string
	Admin bool // of the mesh; only for what is offered, never for what is allowed
}

// Mesh is what every page says about the mesh.
type Mesh struct {
	Name    string // of the mesh
	Kafka   string // the address that Kafka clients start from
	HTTP    string // the address of the API, as the person's browser reached it
	Version string
	Healthy bool
	Health  string // in words, when it is not
}

// Request is what a page is asked. The form of a request that has one was read
// already: see PostForm and, of files, MultipartForm.
type Request struct {
	*http.Request
	API  *client.Client // acts as the person who is signed in
	Me   Person
	Mesh Mesh
	Now  time.Time
	Log  *slog.Logger
	Keep Keep // what a form held before the session ended; empty otherwise
}

// Keep is the fields of a form that was sent when the session had ended: after
// signing in again its page shows them, and nothing that was typed is lost.
type Keep map[string][]string

// Part reports that the browser asks for a part of the page, to put it into
// the one that it shows: by htmx, and not for its history.
func (r *Request) Part() bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-History-Restore-Request") != "true"
}

// Answer is what a page answers. One of Body and Redirect is set.
type Answer struct {
	Status   int // 0: 200
	Title    string
	Tab      Tab
	Body     templ.Component
	Bare     bool   // Body is the whole answer: a part of a page, without the frame
	Same     []Same // what would have done the same; for the drawer
	Redirect string // where to go after a write, on this site
	Notice   string // told once, on the page that is redirected to
}

// Same is a way to do, without the page, what it shows or did. Secrets are left
// out of it.
type Same struct {
	Command string // weir product show edge.pageviews
	Method  string // GET
	Path    string // /api/v1/products/edge.pageviews
	Body    string // JSON, of a write
}

// Handler answers a request. A *client.Problem becomes the page of its status,
// with what can be done; a form shows it beside what was typed instead, and
// never returns it. Any other error is logged and becomes a page that says only
// that the node failed.
type Handler func(*Request) (Answer, error)

// Family is the pages of one noun or task: a package beside this one offers
// one, and package web lists them.
type Family struct {
	Name    string // explore
	Routes  []Route
	Stories []Story
}

// Route is one line of a family's routes.
type Route struct {
	Method string
	Path   string // as http.ServeMux writes patterns: /products/{name}
	Handle Handler
}

// Story is a page in one state, with canned data, as people look at it in
// development: empty, one, many, long names, failing, no rights, unknown.
type Story struct {
	Name   string // product/many
	Answer func() Answer
}

// Quoted is a word as a shell takes it.
func Quoted(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:,=%", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
