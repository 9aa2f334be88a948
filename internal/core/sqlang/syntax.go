package sqlang

// What follows is the syntax that a statement may have, as the parser tells it
// in JSON: a kind of node or a field of one that does not stand here is refused
// by [allowed]. Locations are bytes of the statement.

// node is one part; one field of it is set.
type node struct {
	SelectStmt      *selectStmt
	ResTarget       *resTarget
	ColumnRef       *columnRef
	AConst          *constant `json:"A_Const"`
	AExpr           *operator `json:"A_Expr"`
	AIndirection    *access   `json:"A_Indirection"`
	AStar           *struct{} `json:"A_Star"`
	BoolExpr        *junction
	BooleanTest     *booleanTest
	CaseExpr        *caseExpr
	CaseWhen        *caseWhen
	CoalesceExpr    *arguments
	MinMaxExpr      *minMax
	NullTest        *nullTest
	TypeCast        *typeCast
	FuncCall        *call
	RangeVar        *rangeVar
	RangeSubselect  *rangeSubselect
	RangeFunction   *rangeFunction
	JoinExpr        *joinExpr
	SortBy          *sortBy
	CommonTableExpr *cte
	List            *itemList
	String          *str
}

type (
	tree struct {
		Version int         `json:"version"`
		Stmts   []statement `json:"stmts"`
	}
	statement struct {
		Stmt     *node `json:"stmt"`
		Location int   `json:"stmt_location"`
		Len      int   `json:"stmt_len"`
	}
	selectStmt struct {
		Targets     []*node     `json:"targetList"`
		From        []*node     `json:"fromClause"`
		Where       *node       `json:"whereClause"`
		Group       []*node     `json:"groupClause"`
		Having      *node       `json:"havingClause"`
		With        *with       `json:"withClause"`
		LimitOption string      `json:"limitOption"`
		Op          string      `json:"op"`
		All         bool        `json:"all"`
		Left        *selectStmt `json:"larg"`
		Right       *selectStmt `json:"rarg"`
	}
	resTarget struct {
		Name string `json:"name"`
		Val  *node  `json:"val"`
		At   int    `json:"location"`
	}
	columnRef struct {
		Fields []*node `json:"fields"`
		At     int     `json:"location"`
	}
	constant struct {
		Null bool    `json:"isnull"`
		Int  *intVal `json:"ival"`
		Num  *numVal `json:"fval"`
		Text *str    `json:"sval"`
		Bool *yesVal `json:"boolval"`
		At   int     `json:"location"`
	}
	intVal struct {
		Value int64 `json:"ival"`
	}
	numVal struct {
		Value string `json:"fval"`
	}
	yesVal struct {
		Value bool `json:"boolval"`
	}
	str struct {
		Value string `json:"sval"`
	}
	operator struct {
		Kind  string  `json:"kind"`
		Name  []*node `json:"name"`
		Left  *node   `json:"lexpr"`
		Right *node   `json:"rexpr"`
		At    int     `json:"location"`
	}
	access struct {
		Arg  *node   `json:"arg"`
		Path []*node `json:"indirection"`
	}
	junction struct {
		Op   string  `json:"boolop"`
		Args []*node `json:"args"`
		At   int     `json:"location"`
	}
	booleanTest struct {
		Arg  *node  `json:"arg"`
		Test string `json:"booltesttype"`
		At   int    `json:"location"`
	}
	nullTest struct {
		Arg  *node  `json:"arg"`
		Test string `json:"nulltesttype"`
		At   int    `json:"location"`
	}
	caseExpr struct {
		Arg  *node   `json:"arg"`
		When []*node `json:"args"`
		Else *node   `json:"defresult"`
		At   int     `json:"location"`
	}
	caseWhen struct {
		Cond   *node `json:"expr"`
		Result *node `json:"result"`
		At     int   `json:"location"`
	}
	arguments struct {
		Args []*node `json:"args"`
		At   int     `json:"location"`
	}
	minMax struct {
		Op   string  `json:"op"`
		Args []*node `json:"args"`
		At   int     `json:"location"`
	}
	typeCast struct {
		Arg  *node    `json:"arg"`
		Type typeName `json:"typeName"`
		At   int      `json:"location"`
	}
	typeName struct {
		Names []*node `json:"names"`
		Mods  []*node `json:"typmods"`
		Mod   int     `json:"typemod"`
		At    int     `json:"location"`
	}
	call struct {
		Name     []*node    `json:"funcname"`
		Args     []*node    `json:"args"`
		Filter   *node      `json:"agg_filter"`
		Over     *windowDef `json:"over"`
		Star     bool       `json:"agg_star"`
		Distinct bool       `json:"agg_distinct"`
		Format   string     `json:"funcformat"`
		At       int        `json:"location"`
	}
	windowDef struct {
		Partition []*node `json:"partitionClause"`
		Order     []*node `json:"orderClause"`
		Frame     int     `json:"frameOptions"`
		At        int     `json:"location"`
	}
	sortBy struct {
		Node  *node  `json:"node"`
		Dir   string `json:"sortby_dir"`
		Nulls string `json:"sortby_nulls"`
		At    int    `json:"location"`
	}
	alias struct {
		Name string `json:"aliasname"`
	}
	rangeVar struct {
		Catalog     string `json:"catalogname"`
		Schema      string `json:"schemaname"`
		Name        string `json:"relname"`
		Inherit     bool   `json:"inh"`
		Persistence string `json:"relpersistence"`
		Alias       *alias `json:"alias"`
		At          int    `json:"location"`
	}
	rangeSubselect struct {
		Query *node  `json:"subquery"`
		Alias *alias `json:"alias"`
	}
	rangeFunction struct {
		Functions []*node `json:"functions"`
		Alias     *alias  `json:"alias"`
	}
	joinExpr struct {
		Type  string `json:"jointype"`
		Left  *node  `json:"larg"`
		Right *node  `json:"rarg"`
		On    *node  `json:"quals"`
	}
	with struct {
		Queries []*node `json:"ctes"`
		At      int     `json:"location"`
	}
	cte struct {
		Name         string `json:"ctename"`
		Query        *node  `json:"ctequery"`
		Materialized string `json:"ctematerialized"`
		At           int    `json:"location"`
	}
	itemList struct {
		Items []*node `json:"items"`
	}
)

// refusal is why a part of PostgreSQL's syntax is not there, and what is.
type refusal struct{ what, fix string }

// refusals is about kinds of nodes, and about fields of them.
var refusals = map[string]refusal{
	"SubLink":               {"a query within an expression is not supported", "join it in FROM"},
	"SQLValueFunction":      {"the time or the user of the moment is not the same when a record is read again", "use the record's time: _timestamp, or a field"},
	"ParamRef":              {"a statement has no parameters", "write the value"},
	"RowExpr":               {"rows as values are not supported", "name each column"},
	"A_ArrayExpr":           {"arrays of a statement are not supported", "use IN (...) for a list"},
	"A_Indices":             {"elements of arrays are not read by [ ]", "arrays are JSON: column -> 0 is the first element, column ->> 0 its text"},
	"CollateClause":         {"COLLATE is not supported", "leave it out: text compares by its bytes"},
	"GroupingSet":           {"grouping sets are not supported", "make a query for each grouping"},
	"XmlExpr":               {"XML is not supported", "use JSON"},
	"ctes.recursive":        {"recursive queries are not supported", "make products of the steps"},
	"recursive":             {"recursive queries are not supported", "make products of the steps"},
	"sortClause":            {"ORDER BY is not supported: a stream has no end to be sorted", "leave it out, or use row_number() OVER (PARTITION BY ... ORDER BY ...) and keep the first rows"},
	"limitCount":            {"LIMIT is not supported: a stream has no end", "leave it out, or use row_number() OVER (PARTITION BY ... ORDER BY ...) and keep the first rows"},
	"limitOffset":           {"OFFSET is not supported: a stream has no end", "leave it out"},
	"distinctClause":        {"DISTINCT is not supported", "use GROUP BY"},
	"windowClause":          {"named windows are not supported", "write the window behind OVER"},
	"valuesLists":           {"VALUES is not supported", "select from a product"},
	"intoClause":            {"INTO is not supported", "the product is named when the query is created"},
	"lockingClause":         {"FOR UPDATE is not supported", "leave it out"},
	"lateral":               {"LATERAL is not supported", "leave it out"},
	"ordinality":            {"WITH ORDINALITY is not supported", "leave it out"},
	"is_rowsfrom":           {"ROWS FROM is not supported", "name the function alone"},
	"coldeflist":            {"column definitions are not supported", "leave them out"},
	"isNatural":             {"NATURAL JOIN is not supported: a new field would change it", "write ON"},
	"usingClause":           {"USING is not supported", "write ON a.x = b.x"},
	"colnames":              {"names of columns behind an alias are not supported", "name them in the SELECT within: AS name"},
	"aliascolnames":         {"names of columns behind an alias are not supported", "name them in the SELECT within: AS name"},
	"arrayBounds":           {"types of arrays are not supported", "arrays are JSON"},
	"setof":                 {"SETOF is not supported", "name the type alone"},
	"pct_type":              {"%TYPE is not supported", "name the type"},
	"agg_order":             {"ORDER BY within a function is not supported", "leave it out"},
	"agg_within_group":      {"WITHIN GROUP is not supported", "leave it out"},
	"func_variadic":         {"VARIADIC is not supported", "name each argument"},
	"NamedArgExpr":          {"arguments by name are not supported", "give them in their order"},
	"SetToDefault":          {"DEFAULT is not supported", "write the value"},
	"CurrentOfExpr":         {"cursors are not supported", "leave it out"},
	"GroupingFunc":          {"GROUPING is not supported", "make a query for each grouping"},
	"RangeTableSample":      {"TABLESAMPLE is not supported", "leave it out"},
	"startOffset":           {"frames of a window are not supported", "use TUMBLE or HOP"},
	"endOffset":             {"frames of a window are not supported", "use TUMBLE or HOP"},
	"refname":               {"named windows are not supported", "write the window behind OVER"},
	"argisrow":              {"rows as values are not supported", "name each column"},
	"bsval":                 {"bit strings are not supported", "use bytea: '\\x01ff'::bytea"},
	"useOp":                 {"ORDER BY ... USING is not supported", "use ASC or DESC"},
	"join_using_alias":      {"USING is not supported", "write ON a.x = b.x"},
	"search_clause":         {"SEARCH is not supported", "leave it out"},
	"cycle_clause":          {"CYCLE is not supported", "leave it out"},
	"groupDistinct":         {"GROUP BY DISTINCT is not supported", "leave DISTINCT out"},
	"indirection":           {"a target has no path", "name it with AS"},
	"InsertStmt":            {"only SELECT is supported", "records are written through the gateway"},
	"UpdateStmt":            {"only SELECT is supported", "records are written through the gateway"},
	"DeleteStmt":            {"only SELECT is supported", "records are written through the gateway"},
	"MergeStmt":             {"only SELECT is supported", "records are written through the gateway"},
	"JsonFuncExpr":          {"SQL/JSON functions are not supported", "use -> and ->>"},
	"JsonTable":             {"SQL/JSON functions are not supported", "use -> and ->>"},
	"JsonObjectConstructor": {"SQL/JSON functions are not supported", "name each column"},
}
