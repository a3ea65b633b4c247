import type { ExportPreview } from "../../api/client";
import { numberWords } from "../../state/words";
import { hectares } from "../words";

interface Props {
  readonly rows: ExportPreview["rows"];
}

/** The summary by class, state and person, as the CSV beside the file has it. */
export function ExportRows({ rows }: Props) {
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>By class, state and person</summary>
      <div class="table-box">
        <table class="table table-dense">
          <thead>
            <tr>
              <th scope="col">Class</th>
              <th scope="col">State</th>
              <th scope="col">Person</th>
              <th scope="col" class="number">
                Labels
              </th>
              <th scope="col" class="number">
                Area
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.class_code} ${row.review_state} ${row.author}`}>
                <td>{row.class_name}</td>
                <td>{row.review_state}</td>
                <td>{row.author}</td>
                <td class="number">{numberWords(row.labels)}</td>
                <td class="number">{hectares(row.area_m2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
