package schemaregistry

import "context"

// root answers nothing, for those who ask whether somebody is there.
func (a *API) root(context.Context, *request) (any, error) { return struct{}{}, nil }

// contexts lists the default context, the only one.
func (a *API) contexts(context.Context, *request) (any, error) { return []string{"."}, nil }

// serverID is the ids of a registry's clusters.
type serverID struct {
	Scope scope `json:"scope"`
}

type scope struct {
	Path     []string `json:"path"`
	Clusters clusters `json:"clusters"`
}

type clusters struct {
	Kafka    string `json:"kafka-cluster"`
	Registry string `json:"schema-registry-cluster"`
}

func (a *API) clusterID(context.Context, *request) (any, error) {
	return serverID{scope{Path: []string{}, Clusters: clusters{a.Cluster, "schema-registry"}}}, nil
}

func (a *API) serverVersion(context.Context, *request) (any, error) {
	return struct {
		Version string `json:"version"`
	}{a.Version}, nil
}
