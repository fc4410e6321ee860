// The one script of every page: each behaviour is a module that attaches itself by data- attributes.
import "./mlflow_links.js";
import "./theme.js";
import "./menu.js";
import "./dialog.js";
import "./copy.js";
import "./time.js";
import "./keys.js";
import "./inplace.js";
import "./toast.js";
import "./chart.js";
