package schemaregistry

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// handler answers a request with something that is written as JSON, a [raw] or
// a [text].
type handler func(context.Context, *request) (any, error)

// route is one line of the API.
type route struct {
	method, path string
	summary      string // what it answers, for the reference
	params       string // the query parameters that are heeded, with blanks between
	codes        string // the error codes of its own, with blanks between
	class        class
	handle       handler
}

// routes is the whole API.
func (a *API) routes() []route {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []route{
		{get, "/", "`{}`", "", "", classServer, a.root},
		{get, "/contexts", "the names of the contexts: the default one, `[\".\"]`", "", "", classServer, a.contexts},
		{get, "/v1/metadata/id", "the ids of the Kafka cluster and of the registry", "", "", classServer, a.clusterID},
		{get, "/v1/metadata/version", "the version of weir", "", "", classServer, a.serverVersion},

		{get, "/schemas", "versions of all subjects that the caller may see, by subject and version", "subjectPrefix deleted latestOnly offset limit", "42209", classList, a.schemas},
		{get, "/schemas/types", "the schema languages", "", "", classServer, a.types},
		{get, "/schemas/ids/{id}", "a schema by its id", "subject format fetchMaxId", "40403", classByID, a.schemaByID},
		{get, "/schemas/ids/{id}/schema", "its text alone", "subject format", "40403", classByID, a.textByID},
		{get, "/schemas/ids/{id}/subjects", "the subjects that have it", "subject deleted offset limit", "40403", classList, a.subjectsOfID},
		{get, "/schemas/ids/{id}/versions", "the subjects and versions that are it", "subject deleted offset limit", "40403", classList, a.versionsOfID},

		{get, "/subjects", "the names of the subjects that the caller may see, sorted", "subjectPrefix deleted deletedOnly offset limit", "", classList, a.subjects},
		{post, "/subjects/{subject}", "the version that a schema is in the subject", "normalize deleted format", "40401 40403 42201", classLookup, a.lookup},
		{del, "/subjects/{subject}", "deletes a subject, softly or for ever, and lists its versions", "permanent", "40401 40404 40405 42205 42206", classWrite, a.deleteSubject},
		{get, "/subjects/{subject}/metadata", "the latest version whose metadata has all these properties", "key value deleted format", "40401 40403", classVersion, a.latestWith},
		{get, "/subjects/{subject}/versions", "the numbers of its versions", "deleted deletedOnly offset limit", "40401", classList, a.versions},
		{post, "/subjects/{subject}/versions", "registers a schema and gives its id", "normalize", "409 42201 42205 42207 42208 42209 42210", classWrite, a.register},
		{get, "/subjects/{subject}/versions/{version}", "a version", "deleted format", "40401 40402 42202", classVersion, a.version},
		{del, "/subjects/{subject}/versions/{version}", "deletes a version, softly or for ever, and gives its number", "permanent", "40401 40402 40406 40407 42202 42205 42206", classWrite, a.deleteVersion},
		{get, "/subjects/{subject}/versions/{version}/schema", "its text alone", "deleted format", "40401 40402 42202", classVersion, a.versionText},
		{get, "/subjects/{subject}/versions/{version}/referencedby", "the ids of the schemas that refer to it", "offset limit", "40401 40402 42202", classList, a.referencedBy},

		{post, "/compatibility/subjects/{subject}/versions", "whether a schema may follow, at the subject's level", "normalize verbose", "42201 42209", classCheck, a.check},
		{post, "/compatibility/subjects/{subject}/versions/{version}", "whether a schema may follow a version", "normalize verbose", "40402 42201 42202 42209", classCheck, a.checkVersion},

		{get, "/config", "the configuration of all subjects that have none of their own", "", "", classConfig, a.config},
		{put, "/config", "sets what is given of it, and gives that back", "", "42203", classWrite, a.setConfig},
		{del, "/config", "goes back to the default, and gives what it was", "", "", classWrite, a.deleteConfig},
		{get, "/config/{subject}", "a subject's own configuration", "defaultToGlobal", "40408", classConfig, a.config},
		{put, "/config/{subject}", "sets what is given of it, and gives that back", "", "42203 42208", classWrite, a.setConfig},
		{del, "/config/{subject}", "removes it, and gives what it was", "", "40401", classWrite, a.deleteConfig},

		{get, "/mode", "the mode of all subjects that have none of their own", "", "", classConfig, a.mode},
		{put, "/mode", "sets it", "force", "42204 42205", classWrite, a.setMode},
		{del, "/mode", "goes back to READWRITE, and gives what it was", "", "", classWrite, a.deleteMode},
		{get, "/mode/{subject}", "a subject's own mode", "defaultToGlobal", "40409", classConfig, a.mode},
		{put, "/mode/{subject}", "sets it", "force", "42204 42205 42208", classWrite, a.setMode},
		{del, "/mode/{subject}", "removes it, and gives what it was", "", "40401", classWrite, a.deleteMode},
	}
}

// absence is something that other registries have and this one has not.
type absence struct{ path, what string }

// absences lists what is left out, by the beginning of its paths; a * is one
// name. The last one is what no other begins.
func absences() []absence {
	return []absence{
		{"/associations", "associations of subjects with topics"},
		{"/schemas/guids", "GUIDs of schemas"},
		{"/contexts/*", "contexts other than the default one"},
		{"/subjects/*/versions/*/tags", "adding tags to a registered schema (register it with the tags in its text or metadata)"},
		{"/dek-registry", "the registry of data encryption keys (client-side field encryption)"},
		{"/exporters", "schema exporters (weir registry import copies a registry into this one)"},
		{"/catalog", "the stream catalogue's API (the catalogue is under /api/v1)"},
		{"/v1/metadata/deployment", "deployment attributes"},
	}
}

// leftOut answers what has no route.
func leftOut(_ context.Context, q *request) (any, error) {
	path := q.http.URL.EscapedPath()
	for _, a := range absences() {
		if begins(path, a.path) {
			return nil, refusal{http.StatusNotFound, "HTTP 404 Not Found: this registry leaves out " + a.what}
		}
	}
	return nil, refusal{http.StatusNotFound, "HTTP 404 Not Found: this registry has no " + clip(path)}
}

// begins reports whether a path begins with the names of a pattern. What hangs
// on the last one with a colon, as :batch does, belongs to it.
func begins(path, pattern string) bool {
	names := strings.Split(path, "/")
	for i, want := range strings.Split(pattern, "/") {
		if i >= len(names) {
			return false
		}
		name, _, _ := strings.Cut(names[i], ":")
		if want != "*" && want != name {
			return false
		}
	}
	return true
}

// notAllowed answers a method that a path has not.
func (a *API) notAllowed(_ context.Context, q *request) (any, error) {
	var methods []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		if a.router.Match(chi.NewRouteContext(), m, routePath(q.http)) {
			methods = append(methods, m)
		}
	}
	q.allow = strings.Join(methods, ", ")
	return nil, refusal{http.StatusMethodNotAllowed, "HTTP 405 Method Not Allowed: this path takes " + q.allow}
}

func routePath(r *http.Request) string { return chi.RouteContext(r.Context()).RoutePath }

// clip keeps what a caller sent short in an answer.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
