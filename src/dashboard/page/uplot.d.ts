/** The server has uPlot's module beside the page's own. */
import uPlot from 'uplot';

export default uPlot;
